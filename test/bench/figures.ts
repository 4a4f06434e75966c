/** Durations of many calls, in milliseconds. */
export type Spread = { readonly count: number; readonly p50: number; readonly p99: number; readonly most: number };

/** The middle, the 99th of a hundred, and the greatest. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { count: sorted.length, p50: round(at(0.5)), p99: round(at(0.99)), most: round(at(1)) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Three digits are more than a shared machine can tell. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** The middle of what is picked from each of an odd number of measurements, rounded. */
export function medianOf<T>(runs: readonly T[], pick: (run: T) => number): number {
  return round(median(runs.map(pick)));
}
