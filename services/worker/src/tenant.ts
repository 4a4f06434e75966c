import type { TenantCall, TenantSettings } from '@qvara/platform/driver';
import type { SeatView } from '@qvara/store/events';
import type { StepContext } from './context.ts';

/** The call of a run to its customer's tenant. Throws when the customer holds no seat: a fault of ours. */
export function callOf({ jobId, claimNo, customer, seat }: StepContext): TenantCall {
  const { containerId, number } = seatIn({ seat });
  return { containerId, number, claimNo, jobId, customerId: customer.id };
}

/** The seat of a run that must have one. */
export function seatIn({ seat }: Pick<StepContext, 'seat'>): SeatView {
  if (seat === null) throw new Error('the customer holds no seat');
  return seat;
}

/** What the platform is to hold of a customer. */
export function platformSettings({ timeZone, dialingCountry, settings }: StepContext['customer']): TenantSettings {
  return { timeZone, dialingCountry, ...settings };
}
