import { setTimeout as delay } from 'node:timers/promises';
import { clearFaults, scriptFault } from '@qvara/platform/sandbox-scripts';
import { eventually } from '../support/eventually.ts';
import type { Chance } from './chance.ts';
import { BOTH, type Fault, type Scene, type Undo } from './fault.ts';
import { holding } from './slot.ts';

/** So slow that the run after the zombie's is in the same step when the zombie wakes. */
const SLOW_MS = 5_000;
const GET_IN_MS = 1_200;
const CANCELLED = 12;

export const ZOMBIE_FAULTS: readonly Fault[] = [
  {
    name: 'worker stopped in slow steps',
    backends: BOTH,
    lastsMs: [11_500, 14_000],
    make: (scene, chance) => stopInSlowSteps(scene, chance),
  },
  {
    name: 'worker stopped, its jobs cancelled',
    backends: BOTH,
    lastsMs: [8_000, 10_000],
    async make(scene, chance) {
      const wake = await stopInSlowSteps(scene, chance);
      await cancelRunning(scene);
      return wake;
    },
  },
];

/** Stops a worker while it is in the middle of platform calls; what takes it back lets the calls go on, late. */
async function stopInSlowSteps({ world, operator }: Scene, chance: Chance): Promise<Undo> {
  const slot = chance.pick(world.workers);
  const verb = chance.pick(['ensureTenants', 'configureTenants', 'any'] as const);
  return await holding(slot, async (free) => {
    for (const containerId of operator.containers()) {
      await scriptFault(world.platform, { containerId, verb, behaviour: 'latency', latencyMs: SLOW_MS, times: null });
    }
    await delay(GET_IN_MS);
    slot.signal('SIGSTOP');
    return async () => {
      slot.signal('SIGCONT');
      free();
      await eventually(() => clearFaults(world.platform).then(() => true), { deadlineMs: 10_000 });
    };
  });
}

async function cancelRunning({ world, operator }: Scene): Promise<void> {
  const { rows } = await world.ledger.query<{ id: string }>(
    `select id from jobs where state = 'running' and type = 'customer.provision' and cancellable limit ${CANCELLED}`,
  );
  await Promise.all(rows.map(({ id }) => operator.cancel(id)));
}
