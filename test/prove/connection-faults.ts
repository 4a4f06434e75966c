import type { Way } from '../support/proxy.ts';
import type { Chance } from './chance.ts';
import { BOTH, type Fault, MOMENT, nothing, type Scene, type Undo } from './fault.ts';
import { calm } from './world.ts';

/** One of the ways, or all of them. */
function chooseWays({ world: { ways } }: Scene, chance: Chance): Way[] {
  const all = Object.values(ways).filter((way) => way !== null);
  return chance.yes(0.4) ? all : [chance.pick(all)];
}

export const CONNECTION_FAULTS: readonly Fault[] = [
  {
    name: 'connections cut',
    backends: BOTH,
    lastsMs: MOMENT,
    async make(scene, chance) {
      for (const way of chooseWays(scene, chance)) way.cut();
      return nothing;
    },
  },
  {
    name: 'connections half-open',
    backends: BOTH,
    lastsMs: [4_000, 15_000],
    async make(scene, chance) {
      const resets = chooseWays(scene, chance).map((way) => way.halfOpen());
      return () => {
        for (const reset of resets) reset();
      };
    },
  },
  {
    name: 'connections slow',
    backends: BOTH,
    lastsMs: [3_000, 8_000],
    async make(scene, chance) {
      const ways = chooseWays(scene, chance);
      for (const way of ways) way.slow(chance.between(20, 200));
      return () => calm(scene.world);
    },
  },
  { name: 'answer lost after COMMIT', backends: BOTH, lastsMs: [2_000, 2_000], make: loseCommits },
];

async function loseCommits({ world: { ways } }: Scene, chance: Chance): Promise<Undo> {
  const way = chance.yes(0.7) ? ways.ledger : ways.platform;
  way.loseCommits(chance.between(1, 5));
  return () => way.loseCommits(0);
}
