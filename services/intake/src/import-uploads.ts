import { importId } from '@qvara/contracts/ids';
import { importAnswer } from '@qvara/contracts/imports';
import { retryImport } from '@qvara/store/import-retry';
import { loadImport } from '@qvara/store/imports';
import { z } from 'zod';
import { receiveCorrection } from './correct-import.ts';
import { idempotencyKeyHeader } from './idempotency-key.ts';
import { CORRECTION_EXAMPLES, IMPORT_EXAMPLES } from './import-examples.ts';
import { importWish } from './import-query.ts';
import { importReply } from './import-reply.ts';
import type { Parts } from './parts.ts';
import { receiveImport } from './receive-import.ts';
import { malformed } from './refusal.ts';
import { type Asked, type Reply, route } from './route.ts';
import type { SentFile } from './sent-file.ts';

const scope = 'imports:write';
const tag = 'Imports';
const location = { Location: 'Where the import is followed' };

type Post = Asked<unknown, z.output<typeof importWish>, { 'Idempotency-Key'?: string | undefined }>;

async function postImport(parts: Parts, { viewer, query, headers, file }: Post): Promise<Reply> {
  refuseUpsert(query);
  const sender = { viewer, idempotencyKey: headers['Idempotency-Key'] ?? null };
  const { id, replayed } = await parts.uploads.use(viewer.clientId, () =>
    receiveImport(parts, sender, { wish: query, file: file as SentFile }),
  );
  const reply = await importReply(parts, await loadImport(parts.ledger, viewer, id), 202);
  return { ...reply, headers: { ...reply.headers, ...(replayed ? { 'Idempotent-Replayed': 'true' } : {}) } };
}

function refuseUpsert({ mode, type }: Post['query']): void {
  if (mode !== 'upsert' || type === 'customer.provision') return;
  const message = `goes with customer.provision only: rows of ${type} change customers in any case`;
  throw malformed([{ parameter: 'mode', code: 'not-allowed', message, remedy: 'Leave it out.' }]);
}

export const IMPORT_UPLOAD_ROUTES = [
  route({
    method: 'post',
    path: '/v1/imports',
    id: 'postImport',
    tag,
    scope,
    summary: 'Import a file of customers, or of changes to them',
    description:
      'The body is the file: CSV with a header row (comma, semicolon or tab), or NDJSON, in UTF-8, streamed, to 1 GiB and 1,000,000 rows. A 202 means that all rows are stored; they are then checked, and run unless it is a dry run. Each row becomes a job. `GET /v1/imports/columns` tells the columns; those that begin with `_` are ignored.',
    query: importWish,
    headers: z.strictObject({ 'Idempotency-Key': idempotencyKeyHeader }),
    file: { required: true, examples: IMPORT_EXAMPLES },
    answers: {
      202: {
        description: 'All rows are stored',
        schema: importAnswer,
        headers: { ...location, 'Idempotent-Replayed': '`true` when an earlier request made the import' },
      },
    },
    refusals: ['idempotency-key-reused', 'import-being-received'],
    handle: postImport,
  }),
  route({
    method: 'post',
    path: '/v1/imports/{id}/retry',
    id: 'retryImport',
    tag,
    scope,
    summary: 'Try the failed rows of an import again',
    description:
      'With a file as the body, failed rows are corrected first: each row of it names one by `_row`, or by its reference, and replaces the columns it has. It is refused as a whole if it names any other row.',
    params: z.strictObject({ id: importId }),
    file: { required: false, examples: CORRECTION_EXAMPLES },
    answers: { 202: { description: 'The import, checking those rows again', schema: importAnswer, headers: location } },
    refusals: ['import-not-retryable'],
    handle: async (parts, { viewer, path, file }) => {
      const retry = { importId: path.id, viewer };
      const row =
        file === null
          ? await retryImport(parts.ledger, parts.announce, { ...retry, correctionId: null })
          : await parts.uploads.use(viewer.clientId, () => receiveCorrection(parts, retry, file));
      return await importReply(parts, row, 202);
    },
  }),
];
