import type { JobPayload } from '@qvara/contracts/jobs';
import { newId } from '@qvara/runtime/ids';
import { done, type Step } from '../context.ts';

/** Gives the customer its first site. */
export const createSite: Step = {
  async ensure({ payload }) {
    const { site } = payload as JobPayload<'customer.provision'>;
    return done({ changes: { site: { add: { id: newId('sit'), name: site?.name ?? 'Main' } } } });
  },
  async undo() {
    return done({ changes: { site: 'remove' } });
  },
};
