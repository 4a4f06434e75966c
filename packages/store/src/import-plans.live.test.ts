import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { acceptRowsVerb } from './accept-rows.ts';
import { retryJob } from './control.ts';
import type { RowAnswer } from './import-row-item.ts';
import { failRows } from './open-rows.ts';
import { customerRow, type TestFields } from './test-imports.ts';
import { addRoom, openProcess, type Process } from './test-ledger.ts';
import { goingRows } from './test-rows.ts';
import { giveUp, type Run, runOf, runUntil, undoAll } from './test-run.ts';

const MANY = 5_000;

let database: TestDatabase;
let observer: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  observer = await openProcess(database.url);
  await addRoom(observer, 900);
  // Nobody is to make plans anew in between: they must be right as they were made.
  for (const table of ['customers', 'import_rows', 'import_chunks'])
    await observer.rows(`alter table ${table} set (autovacuum_enabled = off)`);
});
afterAll(async () => {
  await observer.close();
  await database.drop();
});

type Refs = string | null;

const rowsWith = (refs: Refs, count: number) =>
  Array.from({ length: count }, (_, n) =>
    customerRow(refs === null ? { name: `Customer ${n}` } : { externalRef: `${refs}-${n}` }),
  );

/**
 * Checks the last chunk of an import and carries it out, but for a row that fails and is to be tried again: with the plans
 * this process has.
 */
async function carryOut(process: Process, rows: readonly TestFields[], chunkRows: number): Promise<void> {
  const { ledger, announce } = process;
  const { chunk, items } = await goingRows(process, rows, { chunkRows, last: true });
  const [{ rowNo } = { rowNo: 0 }, ...others] = items;
  await failRows(ledger, chunk, [{ rowNo, errors: [], changed: false }]);
  const answers = (await acceptRowsVerb(ledger, announce)(others, false)) as RowAnswer[];
  const runs = answers.flatMap((answer) => (answer.outcome === 'begun' ? runOf(process, answer.claim) : []));
  expect(runs).toHaveLength(others.length);
  const [first, ...more] = runs as [Run, ...Run[]];
  await Promise.all(more.map((run) => runUntil(run, 'end')));
  await undoAll(await giveUp(first));
  await retryJob(ledger, announce, { jobId: first.job.id, viewer: { clientId: 'cli_test', admin: false } });
}

/** So many customers more of the client, each with a reference. */
async function addCustomers(count: number): Promise<void> {
  await observer.rows(
    `insert into customers (id, client_id, version, name, service_type, industry, external_ref, tags, time_zone,
       dialing_country, service_status, suspensions, settings, provision_job_id, created_at, updated_at)
     select 'cus_' || gen_random_uuid(), 'cli_test', 1, 'A name', 'hosted-pbx', 'dental', gen_random_uuid(), '{}', 'UTC', 'US',
       'active', '[]', '{}', 'job_' || gen_random_uuid(), now(), now() from generate_series(1, $1)`,
    [count],
  );
}

/** Entries that were read of the indexes of rows and customers, by those who have left. */
async function entriesRead(): Promise<number> {
  const [row] = await observer.rows<{ n: number }>(
    `select sum(idx_tup_read)::int as n from pg_stat_user_indexes where relname in ('customers', 'import_rows')`,
  );
  return row?.n ?? 0;
}

it.each(['with', 'without'])(
  'a chunk of rows %s references reads its own, also under plans of small imports',
  async (has) => {
    const process = await openProcess(database.url);
    const refs = (name: string) => (has === 'with' ? name : null);
    await addCustomers(100);
    await carryOut(process, rowsWith(refs('small'), 3), 3);
    await addCustomers(MANY);
    const before = await entriesRead();
    await carryOut(process, rowsWith(refs('large'), MANY), 20);
    await process.close();
    const others = 'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    await eventually(async () => (await observer.rows(others)).length === 0);
    expect((await entriesRead()) - before).toBeLessThan(MANY / 2);
  },
);
