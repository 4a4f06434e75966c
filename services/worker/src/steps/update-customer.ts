import type { JobPayload } from '@qvara/contracts/jobs';
import { changedFields } from '@qvara/domain/customer';
import { done, type Step } from '../context.ts';

/** Changes the fields of the customer's record. */
export const updateCustomer: Step = {
  async ensure({ customer, payload }) {
    const changes = changedFields(customer, payload as JobPayload<'customer.update'>);
    const changed = Object.keys(changes);
    if (changed.length === 0) return done();
    return done({
      changes: { customer: changes as Record<string, never> },
      told: [{ name: 'customer.updated', detail: { changed, version: customer.version + 1 } }],
    });
  },
};
