import { pipeline } from 'node:stream/promises';
import { MOST_ROW_BYTES } from '@qvara/contracts/imports';
import { CsvError, type Options, parse } from 'csv-parse';
import { parse as parseAll } from 'csv-parse/sync';
import { malformedFile } from './refusal.ts';

/** A row of a file: its cells, and how it was sent, without its line end. */
export type CsvRecord = { readonly cells: readonly string[]; readonly raw: string };

type Parsed = { readonly record: string[]; readonly raw: string };

function optionsFor(separator: string): Options & { readonly raw: true } {
  return {
    bom: true,
    delimiter: separator,
    raw: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    // A row of another length, or with a quote inside, is a bad row: the others are not.
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    max_record_size: MOST_ROW_BYTES,
  };
}

const recordOf = ({ record, raw }: Parsed): CsvRecord => ({ cells: record, raw: withoutLineEnds(raw) });

const isLineEnd = (character: string | undefined) => character === '\r' || character === '\n';

/** By hand: a pattern would look through the line ends within a cell once for each of them. */
function withoutLineEnds(raw: string): string {
  let [from, to] = [0, raw.length];
  while (from < to && isLineEnd(raw[from])) from += 1;
  while (from < to && isLineEnd(raw[to - 1])) to -= 1;
  return raw.slice(from, to);
}

/** Where the parser is in a file: rows that it has read, and the byte where the last line with cells ended. */
type Reached = { rows: number; bytes: number };

const PIECE_BYTES = 16 * 1024;
// The parser counts letters of cells alone: neither separators nor empty lines, and it keeps all of them. Some of what it
// was fed waits before it; and every row that it takes itself is shorter than this, however its letters are encoded.
const MOST_FED_BYTES = 8 * MOST_ROW_BYTES;

/** Feeds bytes on in pieces, while rows come of them. */
async function* bounded(bytes: AsyncIterable<Buffer>, reached: Reached): AsyncGenerator<Buffer> {
  let fed = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const piece = chunk.subarray(at, at + PIECE_BYTES);
      fed += piece.length;
      if (fed - reached.bytes > MOST_FED_BYTES) throw tooLong(placeOf(reached));
      yield piece;
    }
  }
}

/** Reads rows as they come, the header as the first. Throws `malformed-file` where a row has no end. */
export async function* readCsv(bytes: AsyncIterable<Buffer>, separator: string): AsyncGenerator<CsvRecord> {
  const reached: Reached = { rows: 0, bytes: 0 };
  const parser = parse({ ...optionsFor(separator), skip_records_with_empty_values: false, on_record: noted(reached) });
  // Whatever goes wrong on the way in is thrown to whoever reads the parser.
  const fed = pipeline(bounded(bytes, reached), parser).catch(() => undefined);
  try {
    for await (const parsed of parser as AsyncIterable<Parsed>) yield recordOf(parsed);
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error, reached) : error;
  } finally {
    parser.destroy();
    await fed;
  }
}

/** Notes how far the parser is; rows without any value are none. */
function noted(reached: Reached): NonNullable<Options['on_record']> {
  return (parsed, { bytes }) => {
    reached.bytes = bytes;
    if ((parsed as unknown as Parsed).record.every((cell) => cell.trim() === '')) return null;
    reached.rows += 1;
    return parsed;
  };
}

/** Reads one row that was kept. */
export function readRecord(raw: string, separator: string): readonly string[] {
  const [parsed] = parseAll(raw, optionsFor(separator)) as unknown as Parsed[];
  return parsed === undefined ? [] : parsed.record;
}

/** The row behind those that were read, the header counted. */
function placeOf({ rows }: Reached) {
  return rows === 0 ? { column: 'header' } : { row: rows };
}

function unreadable(error: CsvError, reached: Reached) {
  const place = placeOf(reached);
  if (error.code === 'CSV_MAX_RECORD_SIZE') return tooLong(place);
  const message = 'a quote is opened and never closed';
  const remedy = 'Close it; within quotes write a quote twice.';
  return malformedFile('malformed-file', { ...place, code: 'quote-not-closed', message, remedy });
}

/** The refusal of a row without end. */
export function tooLong(place: { readonly row?: number; readonly column?: string }) {
  const message = `a row must have at most ${MOST_ROW_BYTES / 1024} KiB`;
  const remedy = 'Shorten it; if the file has rows and they are not seen, look for a quote that is not closed.';
  return malformedFile('malformed-file', { ...place, code: 'row-too-long', message, remedy });
}
