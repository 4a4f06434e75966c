import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type Sql, transactInTwo } from './sql.ts';
import { openProcess, type Process } from './test-ledger.ts';

let database: TestDatabase;
let one: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  one = await openProcess(database.url);
  await one.rows("insert into queue_pauses (queue) values ('a'), ('b')");
});
afterAll(async () => {
  await one.close();
  await database.drop();
});

const touch = (sql: Sql, queue: string) => sql.query('update queue_pauses set since = now() where queue = $1', [queue]);
const nothing = async () => undefined;
const since = async () => await one.rows('select queue, since from queue_pauses order by queue');

it('of statements that travel together the first that failed says why, however deep it was called', async () => {
  const holder = await one.ledger.pool.connect();
  await holder.query('begin');
  await holder.query("select from queue_pauses where queue = 'a' for update");
  const deep = async (sql: Sql) => await Promise.all([Promise.all([Promise.all([touch(sql, 'a')])])]);
  const attempts = Array.from({ length: 6 }, () =>
    transactInTwo(one.ledger.pool, nothing, (sql) => Promise.all([deep(sql), touch(sql, 'b')])).catch((e) => e.code),
  );
  expect(await Promise.all(attempts)).toEqual(Array.from({ length: 6 }, () => '55P03'));
  await holder.query('rollback');
  holder.release();
});

it('what is thrown between the statements of the last act leaves nothing behind', async () => {
  const before = await since();
  const half = transactInTwo(one.ledger.pool, nothing, async (sql) => {
    const first = touch(sql, 'a');
    await Promise.all([first, Promise.reject(new Error('in between'))]);
  });
  await expect(half).rejects.toThrow('in between');
  expect(await since()).toEqual(before);
});
