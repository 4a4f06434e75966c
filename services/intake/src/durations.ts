const UNITS = [
  ['day', 24 * 60 * 60_000],
  ['h', 60 * 60_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A time in the greatest unit that it is a whole number of: `5 days`, `2 h`, `30 min`, `5 s`. */
export function inWords(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms % size === 0) ?? ['s', 1_000];
  const count = ms / size;
  return `${count} ${unit}${unit === 'day' && count !== 1 ? 's' : ''}`;
}
