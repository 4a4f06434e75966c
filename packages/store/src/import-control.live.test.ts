import { setTimeout as delay } from 'node:timers/promises';
import { rowAttempt } from '@qvara/contracts/imports';
import { REFERENCE_SEED } from '@qvara/contracts/reference';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { acceptRowsVerb } from './accept-rows.ts';
import { retryJob } from './control.ts';
import type { JobRow } from './entities/job.ts';
import { checkChunk } from './import-check.ts';
import { type ChunkClaim, claimChunk } from './import-chunks.ts';
import { cancelImport, pauseImport, resumeImport } from './import-control.ts';
import { moveOn } from './import-moves.ts';
import { keepCorrections, retryImport } from './import-retry.ts';
import type { RowAnswer, RowItem } from './import-row-item.ts';
import { totalsOf } from './import-totals.ts';
import { failRows, readNextRows } from './open-rows.ts';
import type { JudgedImport } from './row-situations.ts';
import { settleRows } from './settle-rows.ts';
import { sqlOn, transact } from './sql.ts';
import { addImport, customerRow, rowsOf, type TestFields } from './test-imports.ts';
import { addRoom, freshId, openProcess, type Process } from './test-ledger.ts';
import { goingRows } from './test-rows.ts';
import { giveUp, type Run, runOf, undoAll } from './test-run.ts';
import { beat } from './workers.ts';

let database: TestDatabase;
let process: Process;
const viewer = { clientId: 'cli_test', admin: false };
/** Long enough that others meet what is locked, too short for them to give up. */
const A_MOMENT_MS = 100;

beforeAll(async () => {
  database = await createTestDatabase();
  process = await openProcess(database.url);
  await addRoom(process, 900);
});
beforeEach(() => beat(sqlOn(process.ledger.pool), [{ id: process.workerId, slots: 0, sharedSlots: 0 }]));
afterAll(async () => {
  await process.close();
  await database.drop();
});

const newRow = (payload: TestFields = {}) => customerRow({ name: freshId('name'), ...payload });
const totals = async (id: string) => (await totalsOf(sqlOn(process.ledger.pool), [id])).get(id);
const setState = (id: string, state: string) =>
  process.rows('update imports set state = $2, checked_at = now() where id = $1', [id, state]);

async function begin(items: readonly RowItem[]): Promise<RowAnswer[]> {
  return (await acceptRowsVerb(process.ledger, process.announce)(items, false)) as RowAnswer[];
}

/** Checks the next chunk of an import. Answers whether it was its to check. */
async function check(id: string, chunk?: ChunkClaim): Promise<boolean> {
  const { ledger, workerId } = process;
  const own = { id, clientId: 'cli_test', byAdmin: false, type: 'customer.provision', mode: 'create' } as JudgedImport;
  if (chunk === undefined) await process.rows('update import_chunks set worker_id = null where import_id = $1', [id]);
  const claim = chunk ?? ((await claimChunk(ledger, id, workerId)) as ChunkClaim);
  return await checkChunk(ledger, { import: own, chunk: claim, reference: REFERENCE_SEED });
}

/** An import with a row whose job has failed. */
async function withFailure(): Promise<{ id: string; job: JobRow }> {
  const { id, items } = await goingRows(process, [newRow()]);
  const [answer] = await begin(items);
  if (answer?.outcome !== 'begun') throw new Error('not begun');
  const run: Run = await undoAll(await giveUp(runOf(process, answer.claim)));
  return { id, job: run.job };
}

/** Sets a failed row going as a retry of its job does, and does something meanwhile. */
async function meanwhile<T>(job: JobRow, act: () => Promise<T>): Promise<T> {
  const acted = await transact(process.ledger.pool, async (sql) => {
    await settleRows(sql, [{ ...job, state: 'accepted', finishedAt: null }]);
    const acting = act();
    acting.catch(() => undefined);
    await delay(A_MOMENT_MS);
    return [acting] as const;
  });
  return await acted[0];
}

it('a dry run that is paused as its last rows have been checked goes on to be ready, and runs when it is told to', async () => {
  const { ledger, announce } = process;
  const importId = await addImport(ledger.pool, [newRow()], { dryRun: true });
  await check(importId);
  await pauseImport(ledger, announce, { importId, viewer });
  await resumeImport(ledger, announce, { importId, viewer });
  expect(await moveOn(ledger, announce, importId)).toBe('ready');
});

it('nothing of an import that stands still is looked at, failed or checked', async () => {
  const { ledger } = process;
  const { id, own, chunk } = await goingRows(process, [newRow()]);
  await setState(id, 'cancelled');
  const next = await readNextRows(ledger, { import: own, chunk, reference: REFERENCE_SEED, most: 5 });
  expect(next.judged).toEqual([]);
  await failRows(ledger, chunk, [{ rowNo: 1, errors: [], changed: true }]);
  expect(await totals(id)).toMatchObject({ pending: 1, failed: 0 });
  const unchecked = await addImport(ledger.pool, [newRow()]);
  const claim = (await claimChunk(ledger, unchecked, process.workerId)) as ChunkClaim;
  await setState(unchecked, 'paused');
  expect(await check(unchecked, claim)).toBe(false);
  expect(await totals(unchecked)).toMatchObject({ unchecked: 1, create: 0 });
});

it('a row begins before its import is cancelled, or not at all', async () => {
  const { ledger, announce } = process;
  const { id: importId, items } = await goingRows(process, [newRow()]);
  const other = await ledger.pool.connect();
  await other.query('begin');
  await other.query('select from import_rows where import_id = $1 for update', [importId]);
  const beginning = begin(items);
  await delay(A_MOMENT_MS / 2);
  const cancelling = cancelImport(ledger, announce, { importId, viewer });
  await delay(A_MOMENT_MS / 2);
  await other.query('commit');
  other.release();
  const [[answer], cancelled] = await Promise.all([beginning, cancelling]);
  expect(cancelled.running).toBe(answer?.outcome === 'begun' ? 1 : 0);
});

it('an import does not end while a row of it is set going by hand', async () => {
  const { id, job } = await withFailure();
  expect(await meanwhile(job, () => moveOn(process.ledger, process.announce, id))).toBe('running');
});

it('a correction does not take the job of a row that is set going by hand meanwhile', async () => {
  const { ledger, announce } = process;
  const { id: importId, job } = await withFailure();
  await setState(importId, 'paused');
  const correctionId = freshId('cor');
  const row = { rowNo: 1, raw: '', fields: newRow(), ref: null, hash: 'another' };
  await keepCorrections(ledger, { correctionId, importId }, [row]);
  const retried = meanwhile(job, () => retryImport(ledger, announce, { importId, viewer, correctionId }));
  await expect(retried).rejects.toMatchObject({ code: 'import-not-retryable' });
  expect(await rowsOf(ledger.pool, importId)).toMatchObject([{ state: 'running', jobId: job.id }]);
});

it('a row whose job is retried by hand before it is judged anew has a verdict, and totals add up', async () => {
  const { ledger, announce } = process;
  const { id: importId, job } = await withFailure();
  await setState(importId, 'completed-with-failures');
  await retryImport(ledger, announce, { importId, viewer, correctionId: null });
  await retryJob(ledger, announce, { jobId: job.id, viewer });
  await check(importId);
  expect(await totals(importId)).toMatchObject({ rows: 1, create: 1, running: 1, pending: 0, unchecked: 0 });
});

it('what a corrected import would need counts also the rows that were not corrected', async () => {
  const { ledger, announce } = process;
  const retention = { sms: 365 };
  const importId = await addImport(ledger.pool, [newRow({ retention }), newRow({ name: '' })], { dryRun: true });
  await check(importId);
  await setState(importId, 'ready');
  const correctionId = freshId('cor');
  const row = { rowNo: 2, raw: '', fields: newRow({ retention, region: 'west' }), ref: null, hash: 'another' };
  await keepCorrections(ledger, { correctionId, importId }, [row]);
  await retryImport(ledger, announce, { importId, viewer, correctionId });
  await check(importId);
  const [chunk] = await process.rows('select seats, fees from import_chunks where import_id = $1', [importId]);
  expect(chunk).toMatchObject({ seats: { '': 1, west: 1 }, fees: [{ code: 'retention-sms', rows: 2 }] });
});

it('a row that failed without a job was tried, and what it costs is not counted again', async () => {
  const { ledger, announce } = process;
  const { id: importId, chunk } = await goingRows(process, [newRow({ retention: { sms: 365 } })]);
  const plan = () => process.rows('select seats, fees from import_chunks where import_id = $1', [importId]);
  const before = await plan();
  const errors = [{ field: null, code: 'row-changed', message: 'It is another now.', remedy: 'Retry the row.' }];
  await failRows(ledger, chunk, [{ rowNo: 1, errors, changed: true }]);
  const [row] = await process.rows<{ attempts: unknown[] }>('select attempts from import_rows where import_id = $1', [
    importId,
  ]);
  expect(row?.attempts.map((one) => rowAttempt.parse(one))).toMatchObject([
    { attempt: 1, jobId: null, state: 'failed' },
  ]);
  await setState(importId, 'completed-with-failures');
  await retryImport(ledger, announce, { importId, viewer, correctionId: null });
  await check(importId);
  expect(await plan()).toEqual(before);
});

it('what a row has cost is not counted again when it is tried again', async () => {
  const { ledger, announce } = process;
  const { id: importId } = await withFailure();
  const plan = () => process.rows('select seats, fees from import_chunks where import_id = $1', [importId]);
  const before = await plan();
  await setState(importId, 'completed-with-failures');
  await retryImport(ledger, announce, { importId, viewer, correctionId: null });
  await check(importId);
  expect(await plan()).toEqual(before);
});
