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

const recordOf = ({ record, raw }: Parsed): CsvRecord => ({
  cells: record,
  raw: raw.replaceAll(/^[\r\n]+|[\r\n]+$/g, ''),
});

/** Reads rows as they come, the header as the first. Throws `malformed-file` where a row has no end. */
export async function* readCsv(bytes: AsyncIterable<Buffer>, separator: string): AsyncGenerator<CsvRecord> {
  const parser = parse(optionsFor(separator));
  // Whatever goes wrong on the way in is thrown to whoever reads the parser.
  const fed = pipeline(bytes, parser).catch(() => undefined);
  try {
    for await (const parsed of parser as AsyncIterable<Parsed>) yield recordOf(parsed);
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error) : error;
  } finally {
    parser.destroy();
    await fed;
  }
}

/** Reads one row that was kept. */
export function readRecord(raw: string, separator: string): readonly string[] {
  const [parsed] = parseAll(raw, optionsFor(separator)) as unknown as Parsed[];
  return parsed === undefined ? [] : parsed.record;
}

function unreadable(error: CsvError) {
  // How many came before it, the header counted.
  const row = Number(error.records);
  const place = row === 0 ? { column: 'header' } : { row };
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
