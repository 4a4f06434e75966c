import { BOTH, type Fault, MOMENT, nothing } from './fault.ts';

export const WEBHOOK_FAULTS: readonly Fault[] = [
  {
    name: 'webhook secret rotated',
    backends: BOTH,
    lastsMs: MOMENT,
    async make({ subscribers }, chance) {
      await chance.pick(subscribers).rotate();
      return nothing;
    },
  },
  {
    name: 'webhook disabled for a while',
    backends: BOTH,
    lastsMs: [1_000, 6_000],
    async make({ subscribers }, chance) {
      const subscriber = chance.pick(subscribers);
      await subscriber.setState('disabled');
      return () => subscriber.setState('enabled');
    },
  },
  {
    name: 'webhook receiver away',
    backends: BOTH,
    lastsMs: [1_000, 8_000],
    async make({ subscribers }, chance) {
      const subscriber = chance.pick(subscribers);
      subscriber.setAway(true);
      return () => subscriber.setAway(false);
    },
  },
  {
    name: 'webhook replayed beside what happens',
    backends: BOTH,
    lastsMs: MOMENT,
    async make({ subscribers }, chance) {
      const { subscription, replay } = chance.pick(subscribers);
      const last = subscription.receipts.at(-1)?.sequence ?? 0;
      await replay(Math.floor(last * chance.number()));
      return nothing;
    },
  },
];
