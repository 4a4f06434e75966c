import type { BackendName } from '../support/stack.ts';

/** One measured figure, by its name; with the goal it was to reach, where there is one. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number } | undefined;
};

/** What to measure: where the queues are, and whether in a fraction of the time. */
export type Size = { readonly backend: BackendName; readonly quick: boolean };

export type Section = {
  readonly about: string;
  /** Measured by a quick run that names no sections. */
  readonly main?: boolean;
  /** Measured only when it is named. */
  readonly named?: boolean;
  /** Where the queues may be; anywhere without it. */
  readonly backends?: readonly BackendName[];
  readonly measure: (size: Size) => Promise<Figure[]>;
};

/** A figure as a line for people. */
export function describeFigure({ name, value, unit, goal }: Figure): string {
  const line = `${name.padEnd(34)} ${value} ${unit}`;
  if (goal === undefined) return line;
  const [word, bound, met] =
    'atLeast' in goal
      ? ['at least', goal.atLeast, value >= goal.atLeast]
      : ['at most', goal.atMost, value <= goal.atMost];
  return `${line}   (goal: ${word} ${bound}${met ? '' : ', missed'})`;
}
