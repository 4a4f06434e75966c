import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { type AcceptAnswer, acceptVerb } from './accept.ts';
import type { AcceptItem } from './accept-item.ts';
import { AGAIN, coalesce } from './coalesce.ts';
import { accepted, freshId, openProcess, type Process, provision, rename } from './test-ledger.ts';

let database: TestDatabase;
let one: Process;
let two: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  [one, two] = [await openProcess(database.url), await openProcess(database.url)];
});
afterAll(async () => {
  await one.close();
  await two.close();
  await database.drop();
});

const jobsOf = (answers: readonly AcceptAnswer[]) =>
  new Set(answers.map((answer) => (answer.outcome === 'refused' ? answer.fault.code : answer.job.id)));
async function countJobs(ids: readonly string[]): Promise<number> {
  const [row] = await one.rows<{ n: number }>('select count(*)::int as n from jobs where id = any($1)', [ids]);
  return row!.n;
}

it('a hundred requests with one key at once, by two processes, make one job', async () => {
  const items = Array.from({ length: 100 }, () => provision({ idempotencyKey: 'one' }));
  const answers = await Promise.all(items.map((item, index) => (index % 2 ? one : two).accept(item)));
  expect(jobsOf(answers).size).toBe(1);
  expect(answers.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1);
  expect(await countJobs(items.map((item) => item.jobId))).toBe(1);
});

it('a hundred requests with one externalId at once, by two processes, make one job', async () => {
  const items = Array.from({ length: 100 }, () => provision({ externalId: 'order-1' }));
  const answers = await Promise.all(items.map((item, index) => (index % 2 ? one : two).accept(item)));
  expect(jobsOf(answers).size).toBe(1);
  expect(await countJobs(items.map((item) => item.jobId))).toBe(1);
});

it('a key or an externalId used with another request is refused, in the same batch and later', async () => {
  const items = ['a', 'b'].map((fingerprint) => provision({ idempotencyKey: 'other', fingerprint }));
  const [first, second] = await Promise.all(items.map(one.accept));
  const later = await two.accept(provision({ idempotencyKey: 'other', fingerprint: 'c' }));
  expect([first!.outcome, second, later]).toMatchObject([
    'accepted',
    { fault: { code: 'idempotency-key-reused' } },
    { fault: { code: 'idempotency-key-reused' } },
  ]);
  await one.accept(provision({ externalId: 'order-2', fingerprint: 'a' }));
  const taken = await two.accept(provision({ externalId: 'order-2', fingerprint: 'b' }));
  expect(taken).toMatchObject({ fault: { code: 'external-id-taken' } });
});

it('keys belong to a client: another client may use the same', async () => {
  const mine = await accepted(one, provision({ idempotencyKey: 'shared', clientId: 'cli_mine' }));
  const theirs = await accepted(one, provision({ idempotencyKey: 'shared', clientId: 'cli_theirs', fingerprint: 'b' }));
  expect(mine.id).not.toBe(theirs.id);
});

/** Makes two batches meet at a key that a third transaction has taken, and then lets go. */
async function meet(keys: readonly string[]): Promise<PromiseSettledResult<readonly unknown[]>[]> {
  const blocker = await two.ledger.pool.connect();
  await blocker.query('begin');
  await blocker.query(`insert into idempotency_keys values ('cli_test', 'key', $1, 'blocks', 'job_none')`, [keys[1]]);
  const items = (some: readonly string[]) => some.map((idempotencyKey) => provision({ idempotencyKey }));
  // The verbs themselves: in a coalescer a deadlock would only be repeated.
  const both = Promise.allSettled([
    acceptVerb(one.ledger, one.announce)(items(keys), false),
    acceptVerb(two.ledger, two.announce)(items(keys.toReversed()), false),
  ]);
  const waiting = `select from pg_locks l join pg_stat_activity a using (pid)
    where not l.granted and a.datname = current_database()`;
  await eventually(async () => (await one.rows(waiting)).length === 2, { deadlineMs: 150 }).catch(() => undefined);
  await blocker.query('rollback');
  blocker.release();
  return await both;
}

it('two processes that bring the same keys in opposite orders do not lock each other out', async () => {
  // On a busy machine the blocker may hold on for longer than a lock is waited for: that says nothing of the order.
  for (let tries = 1; ; tries += 1) {
    const [first, second] = await meet(['a', 'm', 'z'].map((key) => `${key}${tries}`));
    if (first?.status !== 'fulfilled' || second?.status !== 'fulfilled') {
      expect(tries).toBeLessThan(8);
      continue;
    }
    const answers = [...first.value, ...second.value].filter((answer) => answer !== AGAIN) as AcceptAnswer[];
    expect(jobsOf(answers).size).toBe(3);
    return;
  }
});

it('an answer lost after the commit is asked again and names the same job, with its bell', async () => {
  const verb = acceptVerb(one.ledger, one.announce);
  const accept = coalesce<AcceptItem, AcceptAnswer>(async (items, rerun) => {
    const answers = await verb(items, rerun);
    if (rerun) return answers;
    one.bells.length = 0;
    throw new Error('Connection terminated unexpectedly');
  });
  const items = [provision({ idempotencyKey: 'lost' }), provision()];
  const ids = items.map(({ jobId }) => jobId);
  const answers = await Promise.all(items.map(accept));
  expect(answers).toMatchObject(ids.map((id) => ({ outcome: 'accepted', job: { id } })));
  expect(one.bells).toMatchObject(ids.map((jobId) => ({ queue: 'provisioning', jobId, bellNo: 1 })));
  expect(await countJobs(ids)).toBe(2);
  const told = await one.rows('select from events where job_id = any($1)', [ids]);
  expect(told).toHaveLength(2);
});

it('a key that comes new with a replay names the first job from then on', async () => {
  const first = await accepted(one, provision({ idempotencyKey: 'k1', externalId: 'e1' }));
  const replay = await two.accept(provision({ idempotencyKey: 'k2', externalId: 'e1' }));
  const byNewKey = await one.accept(provision({ idempotencyKey: 'k2' }));
  expect([replay, byNewKey]).toMatchObject([{ job: { id: first.id } }, { job: { id: first.id } }]);
});

it('a replay of a replay in one batch names the first job, and so do its keys', async () => {
  const first = await accepted(one, provision({ idempotencyKey: 'chain-1' }));
  const items = [
    provision({ idempotencyKey: 'chain-1', externalId: 'chain-e' }),
    provision({ idempotencyKey: 'chain-2', externalId: 'chain-e' }),
  ];
  const answers = await Promise.all(items.map(one.accept));
  const byNewKey = await one.accept(provision({ idempotencyKey: 'chain-2' }));
  expect(jobsOf([...answers, byNewKey])).toEqual(new Set([first.id]));
});

it('a request that repeats a refused one is judged for itself, and leaves its key free when it is refused', async () => {
  await accepted(one, provision({ idempotencyKey: 'used', fingerprint: 'first' }));
  const refused = provision({ idempotencyKey: 'used', externalId: 'order-3', fingerprint: 'second' });
  const repeat = provision({ idempotencyKey: 'mine', externalId: 'order-3', fingerprint: 'second' });
  const [, answer] = await Promise.all([one.accept(refused), one.accept(repeat)]);
  expect(answer).toMatchObject({ outcome: 'accepted', job: { id: repeat.jobId } });
  const gone = { customerId: freshId('cus') };
  const answers = await Promise.all([
    one.accept(rename(gone, { idempotencyKey: 'free' })),
    one.accept(rename(gone, { idempotencyKey: 'free' })),
  ]);
  expect(answers.map((each) => each.outcome)).toEqual(['refused', 'refused']);
  await accepted(one, provision({ idempotencyKey: 'free', fingerprint: 'another' }));
});

it('of two provisionings of one externalRef in a batch one is accepted, the other is refused', async () => {
  const items = [provision({}, { externalRef: 'crm-1' }), provision({}, { externalRef: 'crm-1' })];
  const answers = await Promise.all(items.map(one.accept));
  expect(answers).toMatchObject([{ outcome: 'accepted' }, { fault: { code: 'external-ref-taken' } }]);
});

it('a change may name the customer whose provisioning comes in the same batch', async () => {
  const items: AcceptItem[] = [rename({ customerRef: 'crm-2' }), provision({}, { externalRef: 'crm-2' })];
  const [change, made] = await Promise.all(items.map(one.accept));
  expect([made, change]).toMatchObject([{ job: { turn: 1, bell: 'rung' } }, { job: { turn: 2, bell: 'none' } }]);
});

it('an administrator may change a customer of another client by id, others cannot see it', async () => {
  const { customerId } = await accepted(one, provision({ clientId: 'cli_owner' }));
  const change = { customerId };
  const stranger = await one.accept(rename(change, { clientId: 'cli_stranger' }));
  const admin = await accepted(one, rename(change, { clientId: 'cli_admin', byAdmin: true }));
  expect(stranger).toMatchObject({ fault: { code: 'customer-not-found' } });
  expect(admin).toMatchObject({ customerId, clientId: 'cli_admin', turn: 2 });
});

it('nobody waits for a lane that is locked: its items join a later batch', async () => {
  const { customerId } = await accepted(one, provision());
  const connection = await two.ledger.pool.connect();
  await connection.query('begin');
  await connection.query('select from lanes where customer_id = $1 for update', [customerId]);
  const verb = acceptVerb(one.ledger, one.announce);
  const answers = await verb([rename({ customerId }), provision()], false);
  await connection.query('rollback');
  connection.release();
  expect(answers).toMatchObject([AGAIN, { outcome: 'accepted' }]);
});
