import { done, type Step } from '../context.ts';

/** Removes the customer's sites. */
export const removeSite: Step = {
  async ensure() {
    return done({ changes: { site: 'remove' } });
  },
};
