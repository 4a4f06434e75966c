import { claimChunk, findClaims } from '@qvara/store/import-chunks';
import { closeLedger, type Ledger, openLedger } from '@qvara/store/orm';
import { sqlOn } from '@qvara/store/sql';
import { beat } from '@qvara/store/workers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createChunkHands } from './chunk-hands.ts';

let database: TestDatabase;
let ledger: Ledger;
const { signal } = new AbortController();
const workerId = 'wrk_test';

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({
    databaseUrl: database.url,
    clientWindow: 1_000,
    quarantineDays: 30,
    sipDomain: 'sip.test',
  });
  await beat(sqlOn(ledger.pool), [{ id: workerId, slots: 0, sharedSlots: 0 }]);
});
afterAll(async () => {
  await closeLedger(ledger);
  await database.drop();
});

/** An import with so many chunks that are to be checked. */
async function addImport(id: string, chunks: number): Promise<void> {
  await ledger.pool.query(
    `insert into imports (id, client_id, by_admin, type, mode, format, state, dry_run, layout)
     values ($1, 'cli_test', false, 'customer.provision', 'create', 'ndjson', 'checking', false, '{}')`,
    [id],
  );
  await ledger.pool.query(
    `insert into import_chunks (import_id, chunk_no, first_row, last_row, rows, pending)
     select $1, n, n, n, 1, 1 from generate_series(1, $2::int) n`,
    [id, chunks],
  );
}

it('a chunk whose claim was not heard of is let go, and one that is in hand is kept', async () => {
  const id = 'imp_forgotten';
  await addImport(id, 2);
  const hands = createChunkHands(ledger, workerId);
  const kept = await hands.take(id, signal);
  expect(await claimChunk(ledger, id, workerId)).toMatchObject({ chunkNo: 2 });
  expect(await claimChunk(ledger, id, 'wrk_other')).toBeNull();
  await hands.freeForgotten();
  expect(await findClaims(ledger, workerId)).toMatchObject([{ chunkNo: kept?.chunkNo }]);
  expect(await claimChunk(ledger, id, 'wrk_other')).toMatchObject({ chunkNo: 2 });
});

it('a chunk that somebody locks longer than anybody waits for a lock is let go all the same', async () => {
  const id = 'imp_locked';
  await addImport(id, 1);
  const hands = createChunkHands(ledger, workerId);
  const chunk = await hands.take(id, signal);
  const other = await ledger.pool.connect();
  await other.query('begin');
  await other.query('select from import_chunks where import_id = $1 for update', [id]);
  const released = hands.release(chunk as NonNullable<typeof chunk>, signal);
  await Promise.all([released, other.query('select pg_sleep(0.5)').then(() => other.query('commit'))]);
  other.release();
  expect(await claimChunk(ledger, id, 'wrk_other')).not.toBeNull();
});
