import { page } from '@qvara/contracts/api';
import { importId } from '@qvara/contracts/ids';
import { COLUMN_KINDS, importColumns } from '@qvara/contracts/import-columns';
import { IMPORT_STATES, importAnswer, importRow, ROW_STATES, ROW_VERDICTS } from '@qvara/contracts/imports';
import { JOB_TYPES } from '@qvara/contracts/jobs';
import { REFERENCE_LISTS } from '@qvara/contracts/reference';
import { listRows } from '@qvara/store/import-rows';
import { importAnswer as answerOf, listImports, loadImport } from '@qvara/store/imports';
import { z } from 'zod';
import { importType } from './import-query.ts';
import { importReply } from './import-reply.ts';
import { answerPage, pageFields } from './paging.ts';
import { given } from './query-fields.ts';
import { route } from './route.ts';

const scope = 'imports:write';
const tag = 'Imports';
const params = z.strictObject({ id: importId });
const rowName = z.string().regex(/^\d{1,7}$/);

const columnAnswer = z.strictObject({
  field: z.string().meta({ description: 'The name of the column; capitals, blanks, `_`, `-` and `.` do not matter' }),
  label: z.string(),
  description: z.string(),
  required: z.boolean(),
  kind: z.enum(COLUMN_KINDS),
  list: z.enum(REFERENCE_LISTS).nullable().meta({ description: 'The reference list that names the values' }),
  choices: z.array(z.string()).meta({ description: 'All values there are, if they are fixed' }),
  example: z.string().nullable(),
});

export const IMPORT_ROUTES = [
  route({
    method: 'get',
    path: '/v1/imports',
    id: 'listImports',
    tag,
    scope,
    summary: 'List imports, the newest first',
    query: z.strictObject({
      ...pageFields(importId),
      state: z.enum(IMPORT_STATES).optional(),
      type: z.enum(JOB_TYPES).optional(),
    }),
    answers: { 200: { description: 'A page of imports, without their plans', schema: page(importAnswer) } },
    handle: async ({ ledger }, { viewer, query }) => ({
      status: 200,
      body: answerPage(await listImports(ledger, viewer, given(query)), (row) => answerOf(row, null)),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/imports/columns',
    id: 'importColumns',
    tag,
    scope,
    summary: 'Which columns a file may have',
    description: 'Derived from what may be posted as a job of this type: a new field is a new column.',
    query: z.strictObject({ type: importType }),
    answers: {
      200: { description: 'The columns', schema: z.strictObject({ type: importType, columns: z.array(columnAnswer) }) },
    },
    handle: async (_, { query: { type } }) => ({
      status: 200,
      body: { type, columns: importColumns(type).map(({ path: _, ...column }) => column) },
    }),
  }),
  route({
    method: 'get',
    path: '/v1/imports/{id}',
    id: 'getImport',
    tag,
    scope,
    summary: 'Read an import, as it is now',
    params,
    answers: { 200: { description: 'The import', schema: importAnswer, headers: { ETag: 'For If-None-Match' } } },
    handle: async (parts, { viewer, path }) =>
      await importReply(parts, await loadImport(parts.ledger, viewer, path.id), 200),
  }),
  route({
    method: 'get',
    path: '/v1/imports/{id}/rows',
    id: 'listImportRows',
    tag,
    scope,
    summary: 'List the rows of an import, in their order',
    params,
    query: z.strictObject({
      ...pageFields(rowName),
      state: z.enum(ROW_STATES).optional(),
      verdict: z.enum(ROW_VERDICTS).optional(),
    }),
    answers: { 200: { description: 'A page of rows', schema: page(importRow) } },
    handle: async ({ ledger }, { viewer, path, query }) => {
      const { cursor, ...wish } = query;
      const of = await loadImport(ledger, viewer, path.id);
      const rows = await listRows(ledger, of, given({ ...wish, after: Number(cursor ?? 0) }));
      return { status: 200, body: answerPage(rows, (row) => row) };
    },
  }),
];
