import { setTimeout as pause } from 'node:timers/promises';
import { CHUNK_ROWS, type ImportMode } from '@qvara/contracts/imports';
import type { JobType } from '@qvara/contracts/jobs';
import { codeNames } from '@qvara/domain/import-row';
import { sha256, startSha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { classify } from '@qvara/store/coalesce';
import {
  abandonImport,
  beginImport,
  finishReceiving,
  type ReceivedChunk,
  type ReceivedRow,
  receiveRows,
  touchImport,
} from '@qvara/store/import-receiving';
import type { Viewer } from '@qvara/store/viewer';
import { checkText, readAhead } from './file-text.ts';
import { fingerprint } from './fingerprint.ts';
import { openTable, type TableRow } from './import-table.ts';
import type { Parts } from './parts.ts';
import { Refusal } from './refusal.ts';
import type { SentFile } from './sent-file.ts';

/** By so much of a file it is known while it is received. */
const HEAD_BYTES = 64 * 1024;
/** A chunk is stored when it has so much text, however few rows that is. */
const CHUNK_BYTES = 1024 * 1024;
const TOUCHED_MS = 60_000;
/** So long rows are held for a ledger that is away; their sender waits. */
const PATIENCE_MS = 30_000;
const AGAIN_MS = 500;
const HASH_LETTERS = 32;
const REPEAT_AFTER_S = '15';

export type ImportWish = {
  readonly type: JobType;
  readonly mode: ImportMode;
  readonly dryRun: boolean;
  readonly label?: string | undefined;
  readonly errorBudget?: string | undefined;
  readonly map: readonly (readonly [string, string])[];
  readonly set: readonly (readonly [string, string])[];
};

type Sender = { readonly viewer: Viewer; readonly idempotencyKey: string | null };

/**
 * Stores a file's rows as they come and leaves them to be checked. What is begun and not ended is taken away again.
 * Answers the import's id, and whether an earlier request made it. Throws what is wrong with the file.
 */
export async function receiveImport(
  parts: Parts,
  { viewer, idempotencyKey }: Sender,
  { wish, file }: { readonly wish: ImportWish; readonly file: SentFile },
): Promise<{ readonly id: string; readonly replayed: boolean }> {
  const { ledger } = parts;
  const digest = startSha256();
  const { head, all } = await readAhead(checkText(passing(file.bytes, digest.add)), HEAD_BYTES);
  const names = codeNames(await parts.reference.read());
  const table = await openTable({ format: file.format, head, bytes: all }, { ...wish, names });
  const asked = fingerprint({ ...wish, format: file.format });
  const begins = `${asked} ${sha256(head.subarray(0, HEAD_BYTES))}`;
  const { begun, row } = await beginImport(ledger, {
    id: newId('imp'),
    clientId: viewer.clientId,
    byAdmin: viewer.admin,
    format: file.format,
    label: wish.label ?? null,
    errorBudget: wish.errorBudget ?? null,
    type: wish.type,
    mode: wish.mode,
    dryRun: wish.dryRun,
    layout: table.layout(),
    idempotencyKey,
    fingerprint: begins,
  });
  if (!begun) {
    if (row.state === 'receiving') throw row.fingerprint === begins ? beingReceived() : reused();
    if (!row.fingerprint.startsWith(asked)) throw reused();
    await readToEnd(table.rows);
    if (row.fingerprint !== `${asked} ${digest.hex()}`) throw reused();
    return { id: row.id, replayed: true };
  }
  const alive = setInterval(() => void touchImport(ledger, row.id).catch(() => undefined), TOUCHED_MS);
  try {
    await storeRows(parts, row.id, table.rows);
    const received = { importId: row.id, layout: table.layout(), fingerprint: `${asked} ${digest.hex()}` };
    await patiently(parts, () => finishReceiving(ledger, parts.announce, received));
  } catch (error) {
    await abandonImport(ledger, row.id).catch((lost: unknown) => {
      parts.logger.warn({ err: lost, importId: row.id }, 'a broken off import is left to housekeeping');
    });
    throw error;
  } finally {
    clearInterval(alive);
  }
  return { id: row.id, replayed: false };
}

/** One chunk is stored while the next is read: the sender goes as quickly as the ledger. */
async function storeRows(parts: Parts, importId: string, rows: AsyncIterable<TableRow>): Promise<void> {
  let storing: Promise<void> = Promise.resolve();
  let chunk: ReceivedRow[] = [];
  let bytes = 0;
  let [chunkNo, firstRow] = [1, 1];

  async function store(): Promise<void> {
    await storing;
    const full: ReceivedChunk = { importId, chunkNo, firstRow, rows: chunk };
    storing = patiently(parts, () => receiveRows(parts.ledger, full));
    // It is waited for before the next one is stored, and at the end.
    storing.catch(() => undefined);
    chunkNo += 1;
    firstRow += chunk.length;
    [chunk, bytes] = [[], 0];
  }

  try {
    for await (const { raw, fields, ref } of rows) {
      chunk.push({ raw, fields, ref, hash: contentHash(fields) });
      bytes += raw.length;
      if (chunk.length === CHUNK_ROWS || bytes >= CHUNK_BYTES) await store();
    }
    if (chunk.length > 0) await store();
  } finally {
    await storing;
  }
}

/** The hash by which a row's content is known again. */
export function contentHash(fields: object): string {
  return fingerprint(fields).slice(0, HASH_LETTERS);
}

/** Tries again while the ledger is away, and no longer than a sender will wait. */
async function patiently(parts: Parts, store: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      if (await store()) return;
      throw beingReceived();
    } catch (error) {
      const away = classify(error) === 'connection' || (error instanceof Refusal === false && isUnavailable(error));
      if (!away || performance.now() > until || parts.stopping.aborted) throw error;
      await pause(AGAIN_MS);
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'unavailable';
}

/** Passes pieces on, and shows each to `see`. */
async function* passing(pieces: AsyncIterable<Buffer>, see: (piece: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    see(piece);
    yield piece;
  }
}

/** A file that is known already is read all the same: only its end tells whether it is the same one. */
async function readToEnd(rows: AsyncGenerator<TableRow>): Promise<void> {
  for (let row = await rows.next(); row.done !== true; ) row = await rows.next();
}

function reused(): Refusal {
  return new Refusal('idempotency-key-reused', 'The key was used for another file, or for another way to import it.', {
    errors: [
      {
        header: 'Idempotency-Key',
        code: 'idempotency-key-reused',
        message: 'was used with another file or other parameters',
        remedy: 'Use a new key for a new file.',
      },
    ],
  });
}

function beingReceived(): Refusal {
  return new Refusal('import-being-received', 'A file is being received under this key by another request.', {
    headers: { 'Retry-After': REPEAT_AFTER_S },
  });
}
