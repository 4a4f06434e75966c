import { tenantDomain } from '@qvara/contracts/ids';
import { done, type Step } from '../context.ts';
import { callOf, seatIn } from '../tenant.ts';

/** Creates the tenant and its SIP domain, inactive. */
export const createTenant: Step = {
  async ensure(context) {
    const { containerId, number } = seatIn(context);
    const domain = tenantDomain(containerId, number, context.tools.sipDomain);
    const outcome = await context.tools.platform.ensureTenant({ ...callOf(context), domain }, context.signal);
    if (!outcome.ok) return outcome;
    return done({ changes: { tenantState: 'inactive' }, told: [{ name: 'tenant.created', detail: {} }] });
  },
  async undo(context) {
    if (context.seat === null) return done();
    const outcome = await context.tools.platform.removeTenant(callOf(context), context.signal);
    if (!outcome.ok) return outcome;
    // A tenant that nobody was told of is not told as removed.
    const known = context.seat.tenantState !== 'reserved';
    return done({ changes: { tenantState: 'reserved' }, told: known ? [{ name: 'tenant.removed', detail: {} }] : [] });
  },
};
