import type { JobPayload } from '@qvara/contracts/jobs';
import { lift } from '@qvara/domain/suspension';
import { done, type Step } from '../context.ts';
import { callOf } from '../tenant.ts';

/** Lifts a holder's suspension; service returns with the last one. Nobody lifts another client's but an administrator. */
export const resumeTenant: Step = {
  async ensure(context) {
    const { holder } = context.payload as JobPayload<'customer.resume'>;
    const { customer, clientId, byAdmin } = context;
    const suspensions = lift(customer.suspensions, { clientId, holder, admin: byAdmin });
    if (suspensions === null) {
      const message = `The suspension by ${JSON.stringify(holder)} was made by another client.`;
      return { ok: false, fault: { code: 'suspension-not-held', message } };
    }
    const last = suspensions.length === 0;
    if (last) {
      const outcome = await context.tools.platform.setService(
        { ...callOf(context), service: 'active' },
        context.signal,
      );
      if (!outcome.ok) return outcome;
    }
    if (suspensions.length === customer.suspensions.length) return done();
    const holders = suspensions.map((one) => one.holder);
    const told = { name: 'customer.resumed', detail: { holder, holders } } as const;
    if (!last) return done({ changes: { customer: { suspensions } }, told: [told] });
    return done({
      changes: { tenantState: 'active', customer: { suspensions, serviceStatus: 'active' } },
      told: [{ name: 'tenant.resumed', detail: {} }, told],
    });
  },
};
