import type { JobPayload } from '@qvara/contracts/jobs';
import { suspend } from '@qvara/domain/suspension';
import { done, type Step } from '../context.ts';
import { callOf } from '../tenant.ts';

/** Suspends service for a holder. Emergency calling stays. Suspending twice for one holder changes nothing. */
export const suspendTenant: Step = {
  async ensure(context) {
    const { holder, reason } = context.payload as JobPayload<'customer.suspend'>;
    const { customer, clientId } = context;
    const suspensions = suspend(customer.suspensions, { clientId, holder, reason, since: context.now });
    const outcome = await context.tools.platform.setService(
      { ...callOf(context), service: 'suspended' },
      context.signal,
    );
    if (!outcome.ok) return outcome;
    if (suspensions === customer.suspensions) return done();
    const holders = suspensions.map((one) => one.holder);
    const first = customer.serviceStatus === 'suspended' ? [] : [{ name: 'tenant.suspended', detail: {} } as const];
    return done({
      changes: { tenantState: 'suspended', customer: { suspensions, serviceStatus: 'suspended' } },
      told: [...first, { name: 'customer.suspended', detail: { holder, reason, holders } }],
    });
  },
};
