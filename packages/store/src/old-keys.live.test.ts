import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { forgetOldKeys } from './accept-keys.ts';
import { accepted, addRoom, openProcess, type Process, provision } from './test-ledger.ts';
import { runJob } from './test-run.ts';

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
