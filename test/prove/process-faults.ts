import type { Chance } from './chance.ts';
import { BOTH, type Fault, MOMENT, type Scene, type Undo } from './fault.ts';
import { holding, type Slot } from './slot.ts';

const HOUR_MS = 3_600_000;

type Group = 'workers' | 'intakes';

/** Ends a process; what takes it back starts another. */
function ends(group: Group, signal: 'SIGKILL' | 'SIGTERM') {
  return async ({ world }: Scene, chance: Chance): Promise<Undo> => {
    const slot = chance.pick(world[group]);
    return await holding(slot, async (free) => {
      await slot.stop(signal);
      return () => slot.start().finally(free);
    });
  };
}

/** Does something to a running process, and takes it back. */
function disturbs(group: Group, [disturb, mend]: readonly [(slot: Slot) => void, (slot: Slot) => void]) {
  return async ({ world }: Scene, chance: Chance): Promise<Undo> => {
    const slot = chance.pick(world[group]);
    const free = await slot.take();
    disturb(slot);
    return () => {
      mend(slot);
      free();
    };
  };
}

const stopped = [(slot: Slot) => slot.signal('SIGSTOP'), (slot: Slot) => slot.signal('SIGCONT')] as const;
const blocked = [(slot: Slot) => slot.signal('SIGUSR2'), () => undefined] as const;

/** Replaces a process by one with a wrong clock, until it is replaced again. */
function misleads(group: Group) {
  return async ({ world }: Scene, chance: Chance): Promise<Undo> => {
    const slot = chance.pick(world[group]);
    return await holding(slot, async (free) => {
      await slot.stop('SIGTERM');
      await slot.start({ FAULT_CLOCK_SHIFT_MS: String(chance.yes(0.5) ? HOUR_MS : -HOUR_MS) });
      return async () => {
        await slot.stop('SIGKILL');
        await slot.start().finally(free);
      };
    });
  };
}

export const PROCESS_FAULTS: readonly Fault[] = [
  { name: 'worker SIGKILL', backends: BOTH, lastsMs: [0, 6_000], make: ends('workers', 'SIGKILL') },
  { name: 'worker SIGTERM', backends: BOTH, lastsMs: [0, 3_000], make: ends('workers', 'SIGTERM') },
  {
    name: 'worker SIGSTOP past its lease',
    backends: BOTH,
    lastsMs: [7_000, 14_000],
    make: disturbs('workers', stopped),
  },
  { name: 'worker SIGSTOP, short', backends: BOTH, lastsMs: [300, 4_000], make: disturbs('workers', stopped) },
  { name: 'worker event loop blocked', backends: BOTH, lastsMs: [7_600, 7_600], make: disturbs('workers', blocked) },
  { name: 'worker clock an hour off', backends: BOTH, lastsMs: [5_000, 15_000], make: misleads('workers') },
  { name: 'intake SIGKILL', backends: BOTH, lastsMs: [0, 3_000], make: ends('intakes', 'SIGKILL') },
  { name: 'intake SIGTERM', backends: BOTH, lastsMs: [0, 2_000], make: ends('intakes', 'SIGTERM') },
  { name: 'intake SIGSTOP', backends: BOTH, lastsMs: [1_000, 8_000], make: disturbs('intakes', stopped) },
  { name: 'intake clock an hour off', backends: BOTH, lastsMs: [5_000, 15_000], make: misleads('intakes') },
  {
    name: 'all workers SIGKILL',
    backends: BOTH,
    lastsMs: MOMENT,
    async make({ world }) {
      const frees = await Promise.all(world.workers.map((slot) => slot.take()));
      await Promise.all(world.workers.map((slot) => slot.stop('SIGKILL')));
      return async () => {
        await Promise.all(world.workers.map((slot) => slot.start()));
        for (const free of frees) free();
      };
    },
  },
];
