import { type ImportResult, importResult } from '@qvara/contracts/imports';
import { csvRow, harmless } from '@qvara/domain/csv-text';
import { readResults } from '@qvara/store/import-rows';
import type { ImportRow } from '@qvara/store/imports';
import type { Ledger } from '@qvara/store/orm';

const PAGE = 1_000;
const END = '\r\n';
const COLUMNS = Object.keys(importResult.shape) as (keyof ImportResult)[];

/** What became of each row, as CSV, page by page. */
export async function* resultsCsv(ledger: Ledger, of: ImportRow): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}${END}`;
  let after = 0;
  for (;;) {
    const rows = await readResults(ledger, of, { after, limit: PAGE });
    if (rows.length === 0) return;
    yield rows.map((row) => `${csvRow(COLUMNS.map((name) => harmless(String(row[name] ?? ''))))}${END}`).join('');
    after = rows.at(-1)?.row ?? after;
  }
}
