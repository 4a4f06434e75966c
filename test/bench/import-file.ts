const COLUMNS = ['Name', 'Service type', 'Industry', 'External ref', 'Tags', 'Time zone', 'Voicemail'];
const LINES_AT_ONCE = 1_000;
export const BAD_ZONE = 'Mars/Olympus';
export const GOOD_ZONE = 'America/Los_Angeles';

/** A file of customers. Of each hundred rows so many cannot be accepted: their time zone is nowhere on Earth. */
export type ImportFile = { readonly rows: number; readonly badInHundred: number; readonly refs: string };

/** The file as CSV, piece by piece: it is never whole in memory. */
export function* csvOf({ rows, badInHundred, refs }: ImportFile): Generator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for (let from = 0; from < rows; from += LINES_AT_ONCE) {
    const count = Math.min(LINES_AT_ONCE, rows - from);
    yield Array.from({ length: count }, (_, n) => lineOf(from + n, refs, badInHundred)).join('');
  }
}

function lineOf(n: number, refs: string, badInHundred: number): string {
  const zone = n % 100 < badInHundred ? BAD_ZONE : GOOD_ZONE;
  return `"Customer ${n}, Inc.",hosted-pbx,dental,${refs}-${n},west;bench,${zone},180\r\n`;
}
