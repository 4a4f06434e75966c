import { isDeepStrictEqual } from 'node:util';
import type { ObservedTenant } from '@qvara/platform/driver';
import { done, type Step, type StepContext } from '../context.ts';
import { callOf, platformSettings } from '../tenant.ts';

/** Reads the platform back and compares it with what was asked. */
export const verifyTenant: Step = {
  async ensure(context) {
    const outcome = await context.tools.platform.observeTenant(callOf(context), context.signal);
    if (!outcome.ok) return outcome;
    const wrong = differences(context, outcome.value);
    if (wrong.length > 0) {
      return {
        ok: false,
        fault: { code: 'tenant-mismatch', message: `The platform differs in: ${wrong.join(', ')}.` },
      };
    }
    return done({ told: [{ name: 'tenant.verified', detail: {} }] });
  },
};

function differences({ customer }: StepContext, tenant: ObservedTenant | null): string[] {
  if (tenant === null) return ['the tenant is absent'];
  const wrong: string[] = [];
  if (tenant.customerId !== customer.id) wrong.push('customer');
  if (!tenant.emergencyCalling) wrong.push('emergency calling');
  const asked = platformSettings(customer);
  for (const field of Object.keys(asked) as (keyof typeof asked)[]) {
    if (!isDeepStrictEqual(tenant.settings?.[field], asked[field])) wrong.push(field);
  }
  return wrong;
}
