import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { cancelJob } from './control.ts';
import { abandonRun, releaseSilent } from './sweep.ts';
import { accepted, addRoom, freshId, openProcess, type Process, provision } from './test-ledger.ts';
import { claimRun, runUntil } from './test-run.ts';

let database: TestDatabase;
let one: Process;
let two: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  [one, two] = [await openProcess(database.url), await openProcess(database.url)];
  await addRoom(one, 100);
});
afterAll(async () => {
  await one.close();
  await two.close();
  await database.drop();
});

const viewer = { clientId: 'cli_test', admin: false };
const wish = (jobId: string, bellNo = 1) => ({
  jobId,
  bellNo,
  token: freshId('token'),
  worker: { id: one.workerId, slots: 8, sharedSlots: 8 },
});
// Two workers: those of one process would wait for each other at their heartbeat's row already.
const wishOfTwo = (jobId: string) => ({ ...wish(jobId), worker: { id: two.workerId, slots: 8, sharedSlots: 8 } });
const eventsOf = async (jobId: string) =>
  (await one.rows<{ name: string }>('select name from events where job_id = $1 order by job_sequence', [jobId])).map(
    ({ name }) => name,
  );
const rowOf = async (jobId: string) => (await one.rows('select * from jobs where id = $1', [jobId]))[0];

it('of two workers that heard the same bell at once, one gets the job', async () => {
  const jobs = await Promise.all(Array.from({ length: 50 }, () => accepted(one, provision())));
  const answers = await Promise.all(
    jobs.flatMap(({ id }) => [one.claim(wish(id)), two.claim(wishOfTwo(id)), one.claim(wish(id))]),
  );
  expect(answers.filter(({ outcome }) => outcome === 'granted')).toHaveLength(50);
  for (const { id } of jobs) expect(await eventsOf(id)).toEqual(['job.accepted', 'job.started', 'step.started']);
});

it('a bell whose number is not the last one is stale', async () => {
  const { id } = await accepted(one, provision());
  await one.rows('update jobs set bell_no = 3 where id = $1', [id]);
  const answers = [];
  for (const bellNo of [1, 2, 4, 3]) answers.push((await one.claim(wish(id, bellNo))).outcome);
  expect(answers).toEqual(['stale', 'stale', 'stale', 'granted']);
});

it('a bell that comes before the job is due is stale', async () => {
  const { id } = await accepted(one, provision());
  await one.rows("update jobs set due_at = clock_timestamp() + interval '1 minute' where id = $1", [id]);
  expect(await one.claim(wish(id))).toEqual({ outcome: 'stale' });
});

it('a bell for a job that has not the smallest open turn of its lane is stale', async () => {
  const { id, customerId } = await accepted(one, provision());
  const { accept } = one;
  const second = await accept(provision({}, {}));
  const other = second.outcome === 'refused' ? '' : second.job.id;
  await one.rows('update jobs set customer_id = $1, turn = 2 where id = $2', [customerId, other]);
  expect(await one.claim(wish(other))).toEqual({ outcome: 'stale' });
  expect((await one.claim(wish(id))).outcome).toBe('granted');
});

it('a bell for a job that nobody knows is stale', async () => {
  expect(await one.claim(wish(freshId('job')))).toEqual({ outcome: 'stale' });
});

it('a claim asked twice with one token is one claim', async () => {
  const { id } = await accepted(one, provision());
  const item = wish(id);
  const first = await one.claim(item);
  const before = await rowOf(id);
  const second = await two.claim(item);
  expect(second).toMatchObject({
    outcome: 'granted',
    claim: { job: { id, claimNo: first.outcome === 'granted' && first.claim.job.claimNo } },
  });
  expect(await rowOf(id)).toEqual(before);
  expect(await eventsOf(id)).toEqual(['job.accepted', 'job.started', 'step.started']);
});

it('a write asked twice is written once', async () => {
  const { id } = await accepted(one, provision());
  const run = await claimRun(one, id);
  const item = run.item({ place: { region: null }, events: [{ type: 'step-started', step: 'create-tenant' }] });
  const first = await one.advance(item);
  const [row, events] = [await rowOf(id), await eventsOf(id)];
  const second = await two.advance(item);
  const both = await Promise.all([one.advance(item), one.advance(item)]);
  for (const answer of [first, second, ...both])
    expect(answer).toMatchObject({ outcome: 'written', job: { id, writeNo: item.job.writeNo + 1 } });
  expect([await rowOf(id), await eventsOf(id)]).toEqual([row, events]);
});

it('two different writes of a claim in one batch are not mixed up: the second one is fenced', async () => {
  const { id } = await accepted(one, provision());
  const run = await claimRun(one, id);
  const next = { type: 'step-started', step: 'create-tenant' } as const;
  const items = [
    run.item({ place: { region: null }, events: [next] }),
    run.item({ place: { region: null }, events: [next] }),
  ];
  const answers = await Promise.all(items.map(one.advance));
  expect(answers).toMatchObject([{ outcome: 'written' }, { outcome: 'written' }]);
  expect(await eventsOf(id)).toEqual([
    'job.accepted',
    'job.started',
    'step.started',
    'step.succeeded',
    'container.reserved',
    'step.started',
  ]);
});

it('after a cancel, a write of the claim before changes nothing', async () => {
  const { id } = await accepted(one, provision());
  const run = await runUntil(await claimRun(one, id), 'create-tenant');
  await cancelJob(one.ledger, one.announce, { jobId: id, viewer });
  const before = [await rowOf(id), await eventsOf(id), await seatsOf()];
  const outcome = await run.write({
    events: [{ type: 'step-succeeded', step: 'create-tenant', told: [] }],
    changes: { tenantState: 'inactive', customer: { name: 'Changed by a zombie' } },
  });
  expect(outcome).toBe('fenced');
  expect([await rowOf(id), await eventsOf(id), await seatsOf()]).toEqual(before);
});

it('after a rescue, a write of the silent worker changes nothing, also when another runs the job', async () => {
  const { id } = await accepted(one, provision());
  const run = await claimRun(one, id, 'wrk_silent');
  await one.rows("update workers set beat_at = clock_timestamp() - interval '1 minute' where id = 'wrk_silent'");
  expect(await releaseSilent(one.ledger, one.announce, 6_000)).toBe(1);
  const write = { place: { region: null }, events: [] };
  expect(await run.write(write)).toBe('fenced');
  const other = await claimRun(one, id);
  expect(other.job).toMatchObject({ attempt: 1, abandonments: 1 });
  const before = [await rowOf(id), await eventsOf(id), await seatsOf()];
  expect(await run.write(write)).toBe('fenced');
  expect([await rowOf(id), await eventsOf(id), await seatsOf()]).toEqual(before);
});

const seatsOf = () => one.rows('select * from seats order by container_id, number');

it('a job abandoned three times is granted only to a worker that runs it alone, also by a bell that was renewed meanwhile', async () => {
  const { id } = await accepted(one, provision());
  await one.rows('update jobs set abandonments = 3 where id = $1', [id]);
  expect(await one.claim(wish(id))).toEqual({ outcome: 'alone' });
  expect(await eventsOf(id)).toEqual(['job.accepted']);
  await one.rows('update jobs set bell_no = 2 where id = $1', [id]);
  expect((await one.claim({ ...wish(id), alone: true })).outcome).toBe('granted');
});

it('a run that is given back is given back also while somebody else holds its row for a moment', async () => {
  const { id } = await accepted(one, provision());
  const { job } = await claimRun(one, id);
  const holder = await two.ledger.pool.connect();
  await holder.query('begin');
  await holder.query('select from jobs where id = $1 for update', [id]);
  const given = abandonRun(one.ledger, one.announce, { jobId: id, claimNo: job.claimNo });
  await holder.query('select pg_sleep(0.3)');
  await holder.query('rollback');
  holder.release();
  await given;
  expect(await rowOf(id)).toMatchObject({ state: 'waiting', abandonments: 1 });
});

it('a job whose row somebody holds keeps no other from being claimed or written, and goes on when it is let go', async () => {
  const { id: held } = await accepted(one, provision());
  const { id: other } = await accepted(one, provision());
  const { id: written } = await accepted(one, provision());
  const [run, runOfOther] = [await claimRun(one, written), await claimRun(one, other)];
  const connection = await two.ledger.pool.connect();
  await connection.query('begin');
  await connection.query('select from jobs where id = any($1) for update', [[held, written]]);
  const claims = Promise.all([held, (await accepted(one, provision())).id].map((id) => one.claim(wish(id))));
  const late = run.write({ place: { region: null }, events: [{ type: 'step-started', step: 'create-tenant' }] });
  await runUntil(runOfOther, 'end');
  expect(runOfOther.job.state).toBe('completed');
  const { id: free } = await accepted(one, provision());
  expect((await one.claim(wish(free))).outcome).toBe('granted');
  await connection.query('rollback');
  connection.release();
  expect((await claims).map(({ outcome }) => outcome)).toEqual(['granted', 'granted']);
  expect(await late).toBe('written');
});
