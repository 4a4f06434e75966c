import { createChance } from '../prove/chance.ts';
import { BACKENDS, type BackendName } from './stack.ts';

/** Whether everything is tried (`test:full`, `test:chaos`), or what a seed chooses of it, as part of `test`. */
export const isFull = process.env.CHAOS === 'full';
/** Repeats what an earlier run chose: CHAOS_SEED. Every title tells it. */
export const seed = Number(process.env.CHAOS_SEED);

/** Everything in the full form; in the short one so many of them, as the seed chooses for this file. */
export function someOf<T>(items: readonly T[], count: number, file: string): readonly T[] {
  if (isFull) return items;
  const chosen = new Set(createChance(seed).fork(file).shuffled(items).slice(0, count));
  return items.filter((item) => chosen.has(item));
}

/** The backends that a file runs on: both in the full form, one in the short. */
export function backendsFor(file: string): readonly BackendName[] {
  return someOf(BACKENDS, 1, file);
}
