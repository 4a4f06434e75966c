import { REFERENCE_SEED } from '@qvara/contracts/reference';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { ringHand, ringLostImports } from './import-bells.ts';
import { checkChunk } from './import-check.ts';
import { claimChunk } from './import-chunks.ts';
import { findRungImport } from './import-run.ts';
import { totalsOf } from './import-totals.ts';
import type { JudgedImport } from './row-situations.ts';
import { sqlOn } from './sql.ts';
import { addImport, customerRow, rowsOf, type TestFields } from './test-imports.ts';
import { accepted, addRoom, openProcess, type Process, provision } from './test-ledger.ts';
import { claimRun, giveUp, runJob, undoAll } from './test-run.ts';
import { beat } from './workers.ts';

let database: TestDatabase;
let process: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  process = await openProcess(database.url);
  await addRoom(process, 900);
  await beat(sqlOn(process.ledger.pool), [{ id: process.workerId, slots: 0, sharedSlots: 0 }]);
});
afterAll(async () => {
  await process.close();
  await database.drop();
});

type Plan = Parameters<typeof addImport>[2];

/** Checks all of an import as a worker does. Answers its id. */
async function checked(rows: readonly TestFields[], plan: Plan = {}): Promise<string> {
  const { ledger, workerId } = process;
  const id = await addImport(ledger.pool, rows, plan);
  const own = (await findRungImport(ledger, { id, bellNo: 0 })) as JudgedImport;
  for (let chunk = await claimChunk(ledger, id, workerId); chunk; chunk = await claimChunk(ledger, id, workerId))
    await checkChunk(ledger, { import: own, chunk, reference: REFERENCE_SEED });
  return id;
}

const verdicts = async (id: string) =>
  (await rowsOf(process.ledger.pool, id)).map(({ verdict, state, codes }) => [verdict, state, ...codes].join(' '));
const totals = async (id: string) => (await totalsOf(sqlOn(process.ledger.pool), [id])).get(id);

async function activeCustomer(externalRef: string): Promise<string> {
  const { id, customerId } = await accepted(process, provision({}, { externalRef }));
  await runJob(process, id);
  return customerId;
}

it('every kind of row gets its verdict, its errors and its state, and the counts add up', async () => {
  await activeCustomer('there');
  const failed = await accepted(process, provision({}, { externalRef: 'left-behind' }));
  await undoAll(await giveUp(await claimRun(process, failed.id)));
  const id = await checked([
    customerRow({ externalRef: 'new' }),
    customerRow(),
    customerRow({ externalRef: 'there' }),
    customerRow({ externalRef: 'new' }),
    customerRow({ externalRef: 'left-behind' }),
    customerRow({ name: '', industry: 'unheard-of' }),
    customerRow({ transcription: { sentimentAnalysis: true } }),
    { unreadable: 'The row has 3 cells; the header has 4.' },
    { ...customerRow(), externalId: 'mine' },
    customerRow({ retention: { sms: 365 }, region: 'west' }),
  ]);
  expect(await verdicts(id)).toEqual([
    'create pending',
    'create pending',
    'conflict failed external-ref-taken',
    'conflict failed row-repeated',
    'create pending',
    'invalid failed too-short',
    'invalid failed engine-required',
    'invalid failed unreadable',
    'invalid failed unknown-field',
    'create pending',
  ]);
  expect(await totals(id)).toMatchObject({
    ...{ rows: 10, create: 4, update: 0, unchanged: 0, invalid: 4, conflict: 2 },
    ...{ pending: 4, running: 0, done: 0, failed: 6, skipped: 0, changed: 0, unchecked: 0 },
  });
  const rows = await rowsOf(process.ledger.pool, id);
  expect(rows[4]?.customerId).toBe(failed.customerId);
  const [chunk] = await process.rows('select seats, fees from import_chunks where import_id = $1', [id]);
  expect(chunk).toMatchObject({ seats: { '': 3, west: 1 }, fees: [{ code: 'retention-sms', rows: 1 }] });
});

it('a row is judged by the same words as a request that is posted', async () => {
  const id = await checked([customerRow({ industry: 'unheard-of', timeZone: 'Mars/Olympus' })]);
  const [row] = await process.rows<{ errors: object[] }>('select errors from import_rows where import_id = $1', [id]);
  expect(row?.errors).toEqual([
    {
      field: 'timeZone',
      code: 'invalid-value',
      message: 'must be an IANA time zone, such as America/Los_Angeles',
      remedy: 'Send a value such as "America/Los_Angeles".',
    },
  ]);
});

it('changes are judged by the customers they name', async () => {
  const customerId = await activeCustomer('named');
  for (const ref of ['other', 'older']) await activeCustomer(ref);
  const change = (target: object, payload: object) => ({ ...target, payload });
  const id = await checked(
    [
      change({ customerId }, { name: 'New name' }),
      change({ customerRef: 'other' }, { name: 'ABC Dental' }),
      change({ customerRef: 'nobody' }, { name: 'New name' }),
      change({ customerRef: 'named', customerId }, { name: 'New name' }),
      change({ customerId, expectedVersion: 9 }, { name: 'New name' }),
      change({ customerRef: 'older', expectedVersion: 9 }, { name: 'New name' }),
    ],
    { type: 'customer.update' },
  );
  expect(await verdicts(id)).toEqual([
    'update pending',
    'unchanged skipped',
    'conflict failed customer-not-found',
    'invalid failed one-of one-of',
    'conflict failed row-repeated',
    'conflict failed version-mismatch',
  ]);
});

it('an upsert makes who is not there, changes who differs, and leaves alone who does not', async () => {
  await activeCustomer('same');
  await activeCustomer('differs');
  const rows = ['same', 'new'].map((externalRef) => customerRow({ externalRef }));
  const id = await checked([...rows, customerRow({ externalRef: 'differs', tags: ['east'] })], { mode: 'upsert' });
  expect(await verdicts(id)).toEqual(['unchanged skipped', 'create pending', 'update pending']);
});

it('nothing but rows, counts and claims changes by a check', async () => {
  await activeCustomer('still');
  const picture = async () =>
    await process.rows(
      `select (select jsonb_agg(c order by id) from customers c) as customers, (select jsonb_agg(j order by id) from jobs j) as jobs,
         (select count(*) from event_entries) as entries, (select jsonb_agg(c order by id) from containers c) as containers,
         (select count(*) from import_identities) as identities`,
    );
  const before = await picture();
  await checked([customerRow({ externalRef: 'still' }), customerRow({ externalRef: 'next' })], { dryRun: true });
  expect(await picture()).toEqual(before);
});

it('equal rows without a reference are told apart by their number in the file, across chunks', async () => {
  const same = Array.from({ length: 5 }, () => customerRow());
  const id = await checked([...same, customerRow({ name: 'Another' }), ...same], { chunkRows: 4 });
  const rows = await process.rows<{ n: number | null }>(
    'select copy_no as n from import_rows where import_id = $1 order by row_no',
    [id],
  );
  expect(rows.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 1, 6, 7, 8, 9, 10]);
});

it('who has a chunk has it alone while it beats, and a check that comes too late writes nothing', async () => {
  const { ledger, workerId } = process;
  const id = await addImport(ledger.pool, [customerRow()]);
  const own = (await findRungImport(ledger, { id, bellNo: 0 })) as JudgedImport;
  const first = await claimChunk(ledger, id, 'wrk_silent');
  expect(first).not.toBeNull();
  const second = await claimChunk(ledger, id, workerId);
  expect(second?.claimNo).toBeGreaterThan(first?.claimNo ?? 0);
  expect(await claimChunk(ledger, id, 'wrk_third')).toBeNull();
  const check = (chunk: typeof first) =>
    checkChunk(ledger, { import: own, chunk: chunk as NonNullable<typeof first>, reference: REFERENCE_SEED });
  expect(await check(first)).toBe(false);
  expect(await totals(id)).toMatchObject({ create: 0, unchecked: 1 });
  expect(await check(second)).toBe(true);
  expect(await totals(id)).toMatchObject({ create: 1, unchecked: 0 });
});

it('hands of an import that are missing are rung for, while others go on', async () => {
  const { ledger, workerId } = process;
  const id = await addImport(
    ledger.pool,
    Array.from({ length: 12 }, () => customerRow()),
    { chunkRows: 1 },
  );
  const ofImport = async () => (await ringLostImports(ledger)).filter(({ jobId }) => jobId === id).length;
  expect(await ofImport()).toBe(8);
  for (let n = 0; n < 3; n += 1) await claimChunk(ledger, id, workerId);
  await process.rows("update imports set rung_at = now() - interval '1 minute' where id = $1", [id]);
  expect(await ringHand(ledger, id)).toHaveLength(1);
  expect(await ofImport()).toBe(5);
  expect(await ofImport()).toBe(0);
});
