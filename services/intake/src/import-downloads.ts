import { importId } from '@qvara/contracts/ids';
import { importTemplate } from '@qvara/contracts/import-columns';
import { loadImport } from '@qvara/store/imports';
import { z } from 'zod';
import { failedCsv } from './failed-csv.ts';
import { importType } from './import-query.ts';
import { resultsCsv } from './results-csv.ts';
import { route } from './route.ts';

const scope = 'imports:write';
const tag = 'Imports';
const params = z.strictObject({ id: importId });
const csv = (description: string) => ({ 200: { description, mediaType: 'text/csv', schema: z.string() } });

export const IMPORT_DOWNLOAD_ROUTES = [
  route({
    method: 'get',
    path: '/v1/imports/template.csv',
    id: 'importTemplate',
    tag,
    scope,
    summary: 'An empty file with every column there is',
    query: z.strictObject({ type: importType }),
    answers: csv('The header row'),
    download: async (_, { query: { type } }) => ({ filename: `${type}.csv`, pieces: once(importTemplate(type)) }),
  }),
  route({
    method: 'get',
    path: '/v1/imports/{id}/failed.csv',
    id: 'failedRows',
    tag,
    scope,
    summary: 'The failed rows as a file that can be imported as it is',
    description:
      'The columns and rows as they were sent, byte for byte, and behind them `_row`, `_code` and `_error`, which an import ignores and a retry finds the row by. A text of ours that a spreadsheet would take for a formula has an apostrophe before it; the cells that were sent are never changed.',
    params,
    answers: csv('The rows; streamed'),
    download: async ({ ledger }, { viewer, path }) => {
      const of = await loadImport(ledger, viewer, path.id);
      return { filename: `${of.id}-failed.csv`, pieces: failedCsv(ledger, of) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/imports/{id}/results.csv',
    id: 'importResults',
    tag,
    scope,
    summary: 'What became of each row',
    description:
      'A text that a spreadsheet would take for a formula, a reference included, has an apostrophe before it.',
    params,
    answers: csv('One line for each row: its job, customer, container and tenant; streamed'),
    download: async ({ ledger }, { viewer, path }) => {
      const of = await loadImport(ledger, viewer, path.id);
      return { filename: `${of.id}-results.csv`, pieces: resultsCsv(ledger, of) };
    },
  }),
];

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
