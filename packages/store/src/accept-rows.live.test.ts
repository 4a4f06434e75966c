import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { acceptRowsVerb } from './accept-rows.ts';
import { AGAIN, coalesce } from './coalesce.ts';
import { cancelJob, retryJob } from './control.ts';
import type { RowAnswer, RowItem } from './import-row-item.ts';
import { totalsOf } from './import-totals.ts';
import { sqlOn } from './sql.ts';
import { releaseSilent } from './sweep.ts';
import { type addImport, customerRow, rowsOf, type TestFields } from './test-imports.ts';
import { accepted, addRoom, freshId, openProcess, type Process, provision, rename } from './test-ledger.ts';
import { goingRows, rowItem } from './test-rows.ts';
import { claimRun, giveUp, type Run, runJob, runOf, runUntil, undoAll } from './test-run.ts';
import { beat } from './workers.ts';

let database: TestDatabase;
let process: Process;
const worker = () => ({ id: process.workerId, slots: 0, sharedSlots: 0 });
const viewer = { clientId: 'cli_test', admin: false };

beforeAll(async () => {
  database = await createTestDatabase();
  process = await openProcess(database.url);
  await addRoom(process, 900);
});
beforeEach(() => beat(sqlOn(process.ledger.pool), [worker()]));
afterAll(async () => {
  await process.close();
  await database.drop();
});

/** A row that no other test has. */
const newRow = () => customerRow({ name: freshId('name') });

const going = (rows: readonly TestFields[], plan?: Parameters<typeof addImport>[2]) => goingRows(process, rows, plan);

const verb = () => acceptRowsVerb(process.ledger, process.announce);
const totals = async (id: string) => (await totalsOf(sqlOn(process.ledger.pool), [id])).get(id);
const jobOf = async (item: RowItem) => {
  const [job] = await process.rows<{ state: string; bell: string; worker_id: string }>(
    'select state, bell, worker_id from jobs where id = $1',
    [item.accept.jobId],
  );
  return job;
};

async function begun(items: readonly RowItem[]): Promise<Run[]> {
  const answers = (await verb()(items, false)) as RowAnswer[];
  return answers.map((answer) => {
    if (answer.outcome !== 'begun') throw new Error(`not begun: ${JSON.stringify(answer)}`);
    return runOf(process, answer.claim);
  });
}

it('rows are accepted, claimed and seated in one commit, without a bell and without a place in the window', async () => {
  const bells = process.bells.length;
  const { id, items } = await going([customerRow({ externalRef: 'a' }), newRow(), customerRow({ name: '' })]);
  const runs = await begun(items);
  expect(await totals(id)).toMatchObject({ pending: 0, running: 2, failed: 1 });
  for (const { job, seat } of runs) {
    expect(job).toMatchObject({ state: 'running', bell: 'taken', workerId: process.workerId, importId: id });
    expect(seat).toMatchObject({ tenantState: 'reserved', tenantStarted: true });
    expect(job.steps.map(({ state }) => state).slice(0, 3)).toEqual(['succeeded', 'running', 'pending']);
    const events = await process.rows<{ name: string; n: number }>(
      'select name, job_sequence as n from events where job_id = $1 order by sequence',
      [job.id],
    );
    expect(events.map(({ name, n }) => `${n} ${name}`)).toEqual([
      '1 job.accepted',
      '2 job.started',
      '3 step.started',
      '4 step.succeeded',
      '5 container.reserved',
      '6 step.started',
    ]);
  }
  await Promise.all(runs.map((run) => runUntil(run, 'end')));
  expect(await totals(id)).toMatchObject({ running: 0, done: 2, failed: 1 });
  expect(process.bells).toHaveLength(bells);
  const [window] = await process.rows<{ n: number }>(
    'select coalesce(sum(outstanding), 0)::int as n from bell_windows',
  );
  expect(window?.n).toBe(0);
});

it('the same batch asked again after an answer was lost makes nothing twice and claims nothing anew', async () => {
  const { id, items } = await going([newRow(), newRow()]);
  const first = await verb()(items, false);
  const again = await verb()(items, true);
  const claims = (answers: typeof first) =>
    answers.map((answer) => (answer !== AGAIN && answer.outcome === 'begun' ? answer.claim.job.claimNo : answer));
  expect(claims(again)).toEqual(claims(first));
  expect(await totals(id)).toMatchObject({ running: 2, pending: 0 });
});

it('rows that were accepted without an answer are known when they are asked for once more, as if for the first time', async () => {
  const { items } = await going([newRow(), newRow()]);
  const asked = verb();
  const first = (await asked(items, false)) as RowAnswer[];
  const again = (await asked([...items].reverse(), false)) as RowAnswer[];
  expect(again.map(({ outcome }) => outcome)).toEqual(['begun', 'begun']);
  const claims = (answers: RowAnswer[]) =>
    answers.map((one) => (one.outcome === 'begun' ? one.claim.job.claimNo : one));
  expect(claims(again).reverse()).toEqual(claims(first));
});

it('a row that somebody else has set going is passed over, and the others are accepted', async () => {
  const { id, chunk, items } = await going([newRow(), newRow()]);
  await begun(items.slice(0, 1));
  const late = rowItem(process, chunk, { rowNo: 1, request: items[0]!.accept.request });
  const answers = (await verb()([late, items[1]!], false)) as RowAnswer[];
  expect(answers.map(({ outcome }) => outcome)).toEqual(['passed-over', 'begun']);
  expect(await process.rows('select from customers where id = $1', [late.accept.newCustomerId])).toEqual([]);
  expect(await totals(id)).toMatchObject({ running: 2 });
});

it('an import that stands still accepts no more rows', async () => {
  const { id, items } = await going([newRow()]);
  await process.rows("update imports set state = 'paused' where id = $1", [id]);
  expect(await verb()(items, false)).toEqual([{ outcome: 'passed-over' }]);
  expect(await totals(id)).toMatchObject({ pending: 1, running: 0 });
});

it('data that the ledger refuses fails its own row only', async () => {
  await process.rows("alter table customers add constraint poison check (name <> 'poison')");
  const { id, items } = await going(
    Array.from({ length: 20 }, (_, n) => customerRow({ name: n === 7 ? 'poison' : 'well' })),
  );
  const accept = coalesce(verb());
  const settled = await Promise.allSettled(items.map((item) => accept(item)));
  await process.rows('alter table customers drop constraint poison');
  expect(settled.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([7]);
  expect(await totals(id)).toMatchObject({ pending: 1, running: 19 });
});

it('a change whose lane is busy waits its turn and is rung alone', async () => {
  const job = await accepted(process, provision());
  const { id, items } = await going([{ customerId: job.customerId, payload: { name: 'New name' } }], {
    type: 'customer.update',
  });
  expect(await verb()(items, false)).toEqual([{ outcome: 'queued' }]);
  expect(await jobOf(items[0]!)).toMatchObject({ state: 'accepted', bell: 'none' });
  expect(await totals(id)).toMatchObject({ running: 1 });
  await runJob(process, job.id);
  await runJob(process, items[0]!.accept.jobId);
  expect(await totals(id)).toMatchObject({ running: 0, done: 1 });
});

it('a change of a customer that the same batch makes waits its turn, whatever comes first', async () => {
  const job = await accepted(process, provision());
  await runJob(process, job.id);
  const change = await going([{ customerId: job.customerId, payload: { name: 'New name' } }], {
    type: 'customer.update',
  });
  const made = await going([customerRow({ externalRef: 'both' })]);
  const request = { type: 'customer.update', customerRef: 'both', payload: { name: 'Third' } } as const;
  const late = rowItem(process, change.chunk, { rowNo: 1, request });
  const answers = (await verb()([late, ...made.items], false)) as RowAnswer[];
  expect(answers.map(({ outcome }) => outcome)).toEqual(['queued', 'begun']);
});

it('a change whose lane is idle begins at once, and one that must not begin says why', async () => {
  const { id: jobId, customerId } = await accepted(process, provision());
  await runJob(process, jobId);
  const { items } = await going([{ customerId, payload: { name: 'New name' } }], { type: 'customer.update' });
  const [run] = await begun(items);
  expect(run?.refusal).toBeNull();
  expect(run?.job.steps[0]).toMatchObject({ name: 'update-customer', state: 'running' });
  await runUntil(run as Run, 'end');
  const next = await going([{ customerId, payload: { name: 'A third name' }, expectedVersion: 3 }], {
    type: 'customer.update',
  });
  await runJob(process, (await accepted(process, rename({ customerId }))).id);
  const [late] = await begun(next.items);
  expect(late?.refusal).toMatchObject({ code: 'version-mismatch' });
  await giveUp(late as Run, 'version-mismatch');
  expect(await totals(next.id)).toMatchObject({ failed: 1 });
});

it('what a silent worker had accepted is taken from it, rung the ordinary way, and settles its row', async () => {
  const { id, items } = await going([newRow()], { clientId: 'cli_silent' });
  await begun(items.map((item) => ({ ...item, accept: { ...item.accept, clientId: 'cli_silent' } })));
  await process.rows("update workers set beat_at = beat_at - interval '1 minute' where id = $1", [process.workerId]);
  await releaseSilent(process.ledger, process.announce, 6_000);
  expect(await jobOf(items[0]!)).toMatchObject({ state: 'waiting', bell: 'rung', worker_id: null });
  expect(await totals(id)).toMatchObject({ running: 1 });
  await runJob(process, items[0]!.accept.jobId);
  expect(await totals(id)).toMatchObject({ running: 0, done: 1 });
});

it('a job that fails, is retried by hand and succeeds moves its row along, with an attempt for each end', async () => {
  const { id, items } = await going([newRow()]);
  const [run] = await begun(items);
  await undoAll(await giveUp(run as Run));
  expect(await totals(id)).toMatchObject({ failed: 1, running: 0 });
  expect((await rowsOf(process.ledger.pool, id))[0]).toMatchObject({
    state: 'failed',
    codes: ['platform-unavailable'],
  });
  await process.rows("update imports set state = 'completed-with-failures', finished_at = now() where id = $1", [id]);
  const { jobId } = items[0]!.accept;
  await retryJob(process.ledger, process.announce, { jobId, viewer });
  expect(await totals(id)).toMatchObject({ failed: 0, running: 1 });
  expect((await rowsOf(process.ledger.pool, id))[0]).toMatchObject({ state: 'running', codes: [] });
  expect(await process.rows('select state, finished_at from imports where id = $1', [id])).toEqual([
    { state: 'running', finished_at: null },
  ]);
  await runUntil(await claimRun(process, jobId), 'end');
  expect(await totals(id)).toMatchObject({ done: 1, running: 0 });
  const [row] = await process.rows<{ attempts: object[] }>('select attempts from import_rows where import_id = $1', [
    id,
  ]);
  expect(row?.attempts).toMatchObject([
    { attempt: 1, jobId, state: 'failed', failure: { code: 'platform-unavailable' } },
    { attempt: 2, jobId, state: 'done', failure: null },
  ]);
});

it('a job that is cancelled fails its row', async () => {
  const { id, items } = await going([newRow()]);
  const [run] = await begun(items);
  await cancelJob(process.ledger, process.announce, { jobId: (run as Run).job.id, viewer });
  expect(await totals(id)).toMatchObject({ running: 1 });
  await undoAll(await claimRun(process, (run as Run).job.id));
  expect(await totals(id)).toMatchObject({ failed: 1, running: 0 });
  expect((await rowsOf(process.ledger.pool, id))[0]).toMatchObject({ codes: ['job-cancelled'] });
});

it('the same file brought in again touches nothing: what was done is known by its reference, or by content and number', async () => {
  const rows = [customerRow({ externalRef: 'again' }), customerRow({ name: 'Twin' }), customerRow({ name: 'Twin' })];
  const first = await going(rows);
  await Promise.all((await begun(first.items)).map((run) => runUntil(run, 'end')));
  const second = await going([...rows, customerRow({ name: 'Twin' })]);
  expect((await rowsOf(process.ledger.pool, second.id)).map(({ verdict }) => verdict)).toEqual([
    'unchanged',
    'unchanged',
    'unchanged',
    'create',
  ]);
});
