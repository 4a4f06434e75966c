import type { Chance } from './chance.ts';
import type { Fault } from './fault.ts';

/** A fault at its time, with chance of its own for the details. */
export type Planned = {
  readonly atMs: number;
  readonly lastsMs: number;
  readonly fault: Fault;
  readonly chance: Chance;
};

const FIRST_MS = 2_000;
const PAUSE_MS = [1_500, 4_500] as const;
/** The end of the run stays quiet enough for the last fault to be felt. */
const LAST_MS = 2_000;

/** When to make which fault: all kinds once in chance's order, then all again, until the time is over. */
export function planFaults(faults: readonly Fault[], chance: Chance, lengthMs: number): readonly Planned[] {
  const plan: Planned[] = [];
  let bag: Fault[] = [];
  for (let atMs = FIRST_MS; atMs < lengthMs - LAST_MS; atMs += chance.between(...PAUSE_MS)) {
    if (bag.length === 0) bag = chance.shuffled(faults);
    const fault = bag.pop() as Fault;
    plan.push({ atMs, lastsMs: chance.between(...fault.lastsMs), fault, chance: chance.fork(`fault ${plan.length}`) });
  }
  return plan;
}
