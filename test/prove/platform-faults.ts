import { clearFaults, type FaultScript, scriptFault } from '@qvara/platform/sandbox-scripts';
import { eventually } from '../support/eventually.ts';
import type { Chance } from './chance.ts';
import { BOTH, type Fault, type Scene, type Undo } from './fault.ts';

type Part = FaultScript extends infer Script
  ? Script extends FaultScript
    ? Omit<Script, 'containerId'>
    : never
  : never;

/** Plays scripts on one container, and takes away what is left of them afterwards. */
function plays(parts: (chance: Chance) => readonly Part[]) {
  return async ({ world, operator }: Scene, chance: Chance): Promise<Undo> => {
    const containerId = chance.pick(operator.containers());
    const scripts = parts(chance).map((part) => ({ ...part, containerId }) as FaultScript);
    for (const script of scripts) await insist(() => scriptFault(world.platform, script));
    return () => insist(() => clearFaults(world.platform, containerId));
  };
}

/** The platform's database may be on its way up again. */
async function insist(work: () => Promise<void>): Promise<void> {
  await eventually(() => work().then(() => true), { deadlineMs: 10_000, describe: 'the platform takes its script' });
}

const broken = { behaviour: 'fail', code: 'platform-broken', times: null } as const;

export const PLATFORM_FAULTS: readonly Fault[] = [
  {
    name: 'platform unavailable for a while',
    backends: BOTH,
    lastsMs: [3_000, 10_000],
    make: plays((chance) => [
      { verb: 'any', behaviour: 'fail', code: 'platform-unavailable', times: chance.between(5, 60) },
    ]),
  },
  {
    name: 'platform answers lost after the work',
    backends: BOTH,
    lastsMs: [3_000, 10_000],
    make: plays((chance) => [{ verb: 'any', behaviour: 'after', times: chance.between(5, 60) }]),
  },
  {
    name: 'platform not ready',
    backends: BOTH,
    lastsMs: [2_000, 6_000],
    make: plays(() => [{ verb: 'any', behaviour: 'fail', code: 'platform-not-ready', times: null }]),
  },
  {
    name: 'platform slow',
    backends: BOTH,
    lastsMs: [4_000, 12_000],
    make: plays((chance) => [
      { verb: 'any', behaviour: 'latency', latencyMs: chance.between(200, 8_000), times: null },
    ]),
  },
  {
    name: 'platform broken for a while',
    backends: BOTH,
    lastsMs: [2_000, 6_000],
    make: plays((chance) => [
      { ...broken, verb: chance.pick(['ensureTenants', 'configureTenants', 'observeTenants', 'setService'] as const) },
    ]),
  },
  {
    name: 'undo failing for a while',
    backends: BOTH,
    lastsMs: [3_000, 8_000],
    make: plays(() => [
      { ...broken, verb: 'configureTenants' },
      { ...broken, verb: 'removeTenants' },
    ]),
  },
];
