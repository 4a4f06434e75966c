import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { acceptVerb } from './accept.ts';
import { forgetOldKeys } from './accept-keys.ts';
import { coalesce } from './coalesce.ts';
import { retryJob } from './control.ts';
import type { Ledger } from './orm.ts';
import { accepted, addRoom, openProcess, type Process, provision } from './test-ledger.ts';
import { claimRun, giveUp, runJob, runUntil, undoAll } from './test-run.ts';

let database: TestDatabase;
let one: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  one = await openProcess(database.url);
  await addRoom(one, 10);
});
afterAll(async () => {
  await one.close();
  await database.drop();
});

async function age(key: string, days: number): Promise<void> {
  await one.rows(`update idempotency_keys set created_at = created_at - make_interval(days => $2) where key = $1`, [
    key,
    days,
  ]);
}
const keys = async () =>
  (await one.rows<{ key: string }>('select key from idempotency_keys order by key')).map(({ key }) => key);

it('keys are forgotten after 30 days, not before, and never while their job is open', async () => {
  for (const idempotencyKey of ['done-29', 'done-31', 'open-31']) {
    const item = provision({ idempotencyKey });
    await accepted(one, item);
    if (idempotencyKey.startsWith('done')) await runJob(one, item.jobId);
  }
  await age('done-29', 29);
  await age('done-31', 31);
  await age('open-31', 31);
  expect(await forgetOldKeys(one.ledger)).toBe(false);
  expect(await keys()).toEqual(['done-29', 'open-31']);
});

it('a thousand old keys are forgotten at a time, and it says whether there may be more', async () => {
  await one.rows(`insert into idempotency_keys (client_id, kind, key, fingerprint, job_id, created_at)
    select 'cli_old', 'key', n, '', 'job_gone', now() - interval '40 days' from generate_series(1, 1500) n`);
  expect(await forgetOldKeys(one.ledger)).toBe(true);
  expect(await forgetOldKeys(one.ledger)).toBe(false);
  expect(await keys()).toEqual(['done-29', 'open-31']);
});

/** A ledger in which, after all that came before it is answered, `before` is done before a statement that holds `text`. */
function interrupted(ledger: Ledger, text: string, before: () => Promise<unknown>): Ledger {
  let waiting: Promise<unknown> | undefined;
  const asking: Promise<unknown>[] = [];
  const connect = async () => {
    const connection = await ledger.pool.connect();
    const query = async (asked: string | { text: string }, ...more: never[]) => {
      if (typeof asked === 'object' && asked.text.includes(text)) {
        waiting ??= Promise.all(asking).then(before);
        await waiting;
      }
      const answer = (connection.query as (...all: unknown[]) => Promise<unknown>).call(connection, asked, ...more);
      asking.push(answer);
      return await answer;
    };
    return new Proxy(connection, {
      get: (_, name) => {
        const value = Reflect.get(connection, name);
        return name === 'query' ? query : typeof value === 'function' ? value.bind(connection) : value;
      },
    });
  };
  return { ...ledger, pool: { connect } as never };
}

async function makeOld(idempotencyKey: string): Promise<string> {
  const item = provision({ idempotencyKey });
  await accepted(one, item);
  await runJob(one, item.jobId);
  await age(idempotencyKey, 31);
  return item.jobId;
}

it('a key that is forgotten between being found taken and being read is a new one', async () => {
  await makeOld('between');
  const ledger = interrupted(one.ledger, 'k.fingerprint, k.job_id', () => forgetOldKeys(one.ledger));
  const again = provision({ idempotencyKey: 'between', externalId: 'beside' });
  const answer = await coalesce(acceptVerb(ledger, one.announce))(again);
  expect(answer).toMatchObject({ outcome: 'accepted', job: { id: again.jobId } });
  expect(await one.rows("select job_id from idempotency_keys where key in ('between', 'beside')")).toEqual([
    { job_id: again.jobId },
    { job_id: again.jobId },
  ]);
});

it('a key is not forgotten while a repeat of its request is being answered', async () => {
  const jobId = await makeOld('repeated');
  const ledger = interrupted(one.ledger, 'select * from jobs', () => forgetOldKeys(one.ledger));
  const answer = await coalesce(acceptVerb(ledger, one.announce))(provision({ idempotencyKey: 'repeated' }));
  expect(answer).toMatchObject({ outcome: 'replayed', job: { id: jobId } });
  expect(await keys()).toContain('repeated');
  await forgetOldKeys(one.ledger);
  expect(await keys()).not.toContain('repeated');
});

it('a key is not forgotten while its job is being opened again', async () => {
  const item = provision({ idempotencyKey: 'reopened' });
  await accepted(one, item);
  await undoAll(await giveUp(await runUntil(await claimRun(one, item.jobId), 'create-tenant')));
  await age('reopened', 31);
  const ledger = interrupted(one.ledger, 'update jobs', () => forgetOldKeys(one.ledger));
  const viewer = { clientId: 'cli_test', admin: false };
  await retryJob(ledger, one.announce, { jobId: item.jobId, viewer });
  await forgetOldKeys(one.ledger);
  expect(await keys()).toContain('reopened');
});
