import { feesOf } from '@qvara/domain/fees';
import { done, type Step } from '../context.ts';
import { callOf } from '../tenant.ts';
import { newPin } from './generate-porting-pin.ts';

/** Switches service on: the customer is active and has a porting PIN. */
export const activateTenant: Step = {
  async ensure(context) {
    const outcome = await context.tools.platform.setService({ ...callOf(context), service: 'active' }, context.signal);
    if (!outcome.ok) return outcome;
    const pin = newPin(context);
    const fees = feesOf(null, context.customer.settings, await context.tools.reference());
    return done({
      fees,
      changes: {
        tenantState: 'active',
        customer: { serviceStatus: 'active', activatedAt: context.now, ...pin.changes },
      },
      told: [{ name: 'tenant.activated', detail: {} }, { name: 'customer.activated', detail: {} }, ...pin.told],
    });
  },
  async undo(context) {
    if (context.seat === null) return done();
    const outcome = await context.tools.platform.setService(
      { ...callOf(context), service: 'inactive' },
      context.signal,
    );
    // A tenant that was never there, or is gone, has no service to switch off.
    if (!outcome.ok && outcome.fault.code !== 'tenant-mismatch') return outcome;
    return done({ changes: { tenantState: 'inactive' } });
  },
};
