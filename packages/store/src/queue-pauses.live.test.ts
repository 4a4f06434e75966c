import type { QueueName } from '@qvara/contracts/jobs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { applyPauses, listQueues, notePause } from './queue-pauses.ts';
import { openProcess, type Process } from './test-ledger.ts';

const by = { keyId: 'key_test', clientId: 'cli_test' };
const queue = 'provisioning';

let database: TestDatabase;
let one: Process;
let two: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  [one, two] = [await openProcess(database.url), await openProcess(database.url)];
});
afterEach(async () => {
  await one.rows('delete from queue_pauses');
});
afterAll(async () => {
  await one.close();
  await two.close();
  await database.drop();
});

const note = ({ ledger }: Process, paused: boolean) => notePause(ledger, { by, queue, paused });

it('a pause that meets a lock is noted when the lock is gone', async () => {
  const holder = await two.ledger.pool.connect();
  await holder.query('begin');
  await holder.query('insert into queue_pauses (queue) values ($1)', [queue]);
  const noted = note(one, true);
  const waits = async () =>
    (await two.rows("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"))
      .length > 0;
  await eventually(waits, { describe: 'the pause waits for the lock' });
  const gaveUp = async () => !(await waits());
  await eventually(gaveUp, { describe: 'the pause has waited too long for the lock' });
  await holder.query('rollback');
  holder.release();
  await noted;
  expect((await listQueues(one.ledger)).find(({ name }) => name === queue)).toMatchObject({ paused: true });
});

it('of a pause and a resume that arrive together the queues end as the ledger has it', async () => {
  let standing: ReadonlySet<QueueName> = new Set();
  let overtaken = false;
  await note(one, true);
  const applied = await applyPauses(one.ledger, async (paused) => {
    if (!overtaken) {
      overtaken = true;
      await note(two, false);
      await applyPauses(two.ledger, async (others) => {
        standing = others;
      });
    }
    standing = paused;
  });
  expect(applied).toBe(true);
  expect([...standing]).toEqual([]);
});

it('pauses that come and go too fast to follow are not followed for ever', async () => {
  let calls = 0;
  const applied = await applyPauses(one.ledger, async (paused) => {
    calls += 1;
    await note(two, !paused.has(queue));
  });
  expect(applied).toBe(false);
  expect(calls).toBeLessThanOrEqual(5);
});
