import { done, type Step } from '../context.ts';

/** Takes a seat in a container. Choosing and taking are one act of the ledger. */
export const reserveSeat: Step = {
  async ensure({ customer }) {
    return done({ place: { region: customer.region } });
  },
  async undo({ seat }) {
    if (seat === null) return done();
    return done({ changes: { seat: 'release' }, told: [{ name: 'container.released', detail: {} }] });
  },
};
