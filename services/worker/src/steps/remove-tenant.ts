import { done, type Step } from '../context.ts';
import { callOf } from '../tenant.ts';

/** Removes the tenant from the platform. */
export const removeTenant: Step = {
  async ensure(context) {
    const outcome = await context.tools.platform.removeTenant(callOf(context), context.signal);
    if (!outcome.ok) return outcome;
    return done({ changes: { tenantState: 'reserved' }, told: [{ name: 'tenant.removed', detail: {} }] });
  },
};
