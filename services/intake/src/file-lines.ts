import { MOST_ROW_BYTES } from '@qvara/contracts/imports';
import { tooLong } from './csv-records.ts';

const LINE_FEED = 0x0a;

/** The lines of a text as they come, without their ends and without those that are blank. Throws `malformed-file` for one without end. */
export async function* readLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  let row = 1;
  for await (const piece of bytes) {
    const some = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = some.indexOf(LINE_FEED); end >= 0; end = some.indexOf(LINE_FEED, start)) {
      const line = lineOf(some.subarray(start, end), row);
      start = end + 1;
      if (line === '') continue;
      row += 1;
      yield line;
    }
    rest = some.subarray(start);
    if (rest.length > MOST_ROW_BYTES) throw tooLong({ row });
  }
  const last = lineOf(rest, row);
  if (last !== '') yield last;
}

function lineOf(bytes: Buffer, row: number): string {
  if (bytes.length > MOST_ROW_BYTES) throw tooLong({ row });
  // A byte order mark counts as a blank.
  return bytes.toString('utf8').trim();
}
