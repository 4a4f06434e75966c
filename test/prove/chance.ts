/** Seeded chance: the same seed makes the same decisions, in the same order. */
export type Chance = {
  /** A number in [0, 1). */
  number(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(items: readonly T[]): T;
  yes(probability: number): boolean;
  shuffled<T>(items: readonly T[]): T[];
  /** Chance of its own for a part, so that what one part draws does not move the others. */
  fork(name: string): Chance;
};

/** Chance from a 32-bit seed (mulberry32). */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;

  function number(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const between = (least: number, most: number) => least + Math.floor(number() * (most - least + 1));
  return {
    number,
    between,
    pick: (items) => items[between(0, items.length - 1)] as (typeof items)[number],
    yes: (probability) => number() < probability,
    shuffled(items) {
      const keyed = items.map((item) => ({ item, key: number() }));
      return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
    },
    fork: (name) => createChance(hash(`${seed} ${name}`)),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const byte of Buffer.from(text)) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return sum;
}
