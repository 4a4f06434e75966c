import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../support/within.ts';
import type { Scene, Undo } from './fault.ts';
import type { Planned } from './plan.ts';

/** Longer than anything that a fault has to wait for, such as a process that does not stop. */
const PATIENCE_MS = 90_000;

/** What became of the plan. */
export type Performance = {
  /** How often each kind of fault was made. */
  readonly made: ReadonlyMap<string, number>;
  /** One line for each act, for the folder. */
  readonly diary: readonly string[];
};

/** Makes the faults of a plan at their times and takes each back; resolves when the last is taken back. */
export async function direct(scene: Scene, plan: readonly Planned[]): Promise<Performance> {
  const made = new Map<string, number>();
  const diary: string[] = [];
  const startedMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedMs);
  const say = (text: string) => diary.push(`${new Date().toISOString()} ${elapsedMs()} ms ${text}`);

  async function perform({ atMs, lastsMs, fault, chance }: Planned): Promise<void> {
    await delay(Math.max(0, atMs - elapsedMs()));
    const undo = await attempt(() => fault.make(scene, chance));
    if (undo instanceof Error) {
      say(`${fault.name} could not be made: ${undo.message}`);
      return;
    }
    made.set(fault.name, (made.get(fault.name) ?? 0) + 1);
    say(`${fault.name}, for ${lastsMs} ms`);
    await delay(lastsMs);
    const trouble = await attempt(undo as Undo);
    say(`${fault.name} is taken back${trouble instanceof Error ? `, not wholly: ${trouble.message}` : ''}`);
  }

  await Promise.all(plan.map(perform));
  return { made, diary };
}

/** Whatever an act meets, the play goes on. */
async function attempt<T>(work: () => T | Promise<T>): Promise<T | Error> {
  try {
    return await within(PATIENCE_MS, async () => await work());
  } catch (error) {
    return error as Error;
  }
}
