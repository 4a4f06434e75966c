import type { JobPayload } from '@qvara/contracts/jobs';
import { done, type Step } from '../context.ts';

/** Gives the seat back, its number into quarantine: the customer is disconnected. */
export const releaseSeat: Step = {
  async ensure({ payload }) {
    const { reason } = payload as JobPayload<'customer.disconnect'>;
    return done({
      changes: { seat: 'release', customer: { serviceStatus: 'disconnected', suspensions: [] } },
      told: [
        { name: 'container.released', detail: {} },
        { name: 'customer.disconnected', detail: { reason } },
      ],
    });
  },
};
