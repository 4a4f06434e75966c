import { expect, it } from 'vitest';
import { type CsvRecord, readCsv } from './csv-records.ts';

const CHUNK_BYTES = 64 * 1024;

/** A header, then the same text for so many chunks. Says how many chunks were read. */
function endless(text: string, chunks: number) {
  const told = { read: 0 };
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.from('name,ref\nfirst,1\n');
    const chunk = Buffer.alloc(CHUNK_BYTES, text);
    for (; told.read < chunks; told.read += 1) yield chunk;
  }
  return { told, bytes };
}

async function allOf(bytes: AsyncIterable<Buffer>): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const record of readCsv(bytes, ',')) records.push(record);
  return records;
}

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

it.each([
  ['separators without end', ','],
  ['empty lines without end', '\n'],
  ['letters without end', 'x'],
])('%s are refused as a row that is too long, long before their end', async (_, text) => {
  const { told, bytes } = endless(text, 400);
  await expect(allOf(bytes())).rejects.toThrow('Row 2: a row must have at most 64 KiB.');
  expect(told.read).toBeLessThan(40);
});

it('rows without any value are none, however many there are', async () => {
  const { bytes } = endless(' , \n', 40);
  expect(await allOf(bytes())).toHaveLength(2);
});

it('the longest row is read in any writing, and a row is kept without the line ends around it', async () => {
  const cell = '語'.repeat(21_000);
  const records = await allOf(once(`name,ref\r\n\r\n${cell},1\r\n\r\n`));
  expect(records.map(({ raw }) => raw)).toEqual(['name,ref', `${cell},1`]);
});

it('line ends within a cell are looked at once', async () => {
  const cell = `"x${'\n'.repeat(60_000)}x"`;
  const startedMs = performance.now();
  const records = await allOf(once(`name\n${`${cell}\n`.repeat(5)}`));
  expect(records[5]?.raw).toBe(cell);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});
