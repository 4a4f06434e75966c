import { done, type Step } from '../context.ts';
import { callOf } from '../tenant.ts';

/** Switches service off before a customer is taken down. */
export const deactivateTenant: Step = {
  async ensure(context) {
    const outcome = await context.tools.platform.setService(
      { ...callOf(context), service: 'inactive' },
      context.signal,
    );
    // An earlier disconnection may have removed the tenant already; what is another's is met by the next steps.
    if (!outcome.ok && outcome.fault.code !== 'tenant-mismatch') return outcome;
    return done({ changes: { tenantState: 'inactive' } });
  },
};
