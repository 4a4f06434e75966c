import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { openQueuePool } from './postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a connection that is lost while it is in use fails its statement and nothing else', async () => {
  const pool = openQueuePool(database.url, 2).on('error', () => undefined);
  const unheard = vi.fn();
  process.on('uncaughtException', unheard);
  const used = await pool.connect();
  const { rows } = await used.query('select pg_backend_pid() as pid');
  const ended = new Promise((resolve) => used.once('end', resolve));
  const waiting = used.query('select pg_sleep(20)');
  await Promise.all([
    expect(waiting).rejects.toThrow(/terminat/),
    pool.query('select pg_terminate_backend($1)', [rows[0].pid]),
  ]);
  await ended;
  used.release(true);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  process.off('uncaughtException', unheard);
  expect(unheard).not.toHaveBeenCalled();
  await pool.end();
});

test('queues do not wait for the disk, and are looked for in their own schema', async () => {
  const pool = openQueuePool(`${database.url}?options=-c%20work_mem%3D5MB`, 1);
  const { rows } = await pool.query(
    `select current_setting('synchronous_commit') as sync, current_setting('search_path') as path, current_setting('work_mem') as own`,
  );
  await pool.end();
  expect(rows).toEqual([{ sync: 'off', path: 'bullmq', own: '5MB' }]);
});
