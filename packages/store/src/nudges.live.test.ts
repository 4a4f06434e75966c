import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createNudger } from './nudges.ts';
import { openProcess, type Process } from './test-ledger.ts';

let database: TestDatabase;
let process: Process;
let listener: pg.Client;
let heard: number[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  process = await openProcess(database.url);
  listener = new pg.Client({ connectionString: database.url });
  await listener.connect();
  listener.on('notification', ({ payload }) => void heard.push(Number(payload)));
  await listener.query('listen qvara_events');
});
beforeEach(() => {
  heard = [];
});
afterAll(async () => {
  await listener.end();
  await process.close();
  await database.drop();
});

it('many nudges are few, and the last of them is told', async () => {
  const nudger = createNudger(process.ledger);
  for (let number = 1; number <= 200; number += 1) {
    nudger.nudge(number, false);
    await new Promise(setImmediate);
  }
  await expect.poll(() => heard.at(-1)).toBe(200);
  expect(heard.length).toBeLessThan(50);
});

it('what somebody may wait for is told at once, though a greater number was to be told later', async () => {
  const nudger = createNudger(process.ledger);
  nudger.nudge(1, false);
  await expect.poll(() => heard).toEqual([1]);
  for (let number = 2; number < 40; number += 2) {
    nudger.nudge(number + 1, false);
    nudger.nudge(number, true);
    await expect.poll(() => heard.at(-1), { interval: 1, timeout: 2_000 }).toBe(number + 1);
  }
});

it('a stop waits until all is told', async () => {
  const nudger = createNudger(process.ledger);
  nudger.nudge(1, false);
  nudger.nudge(2, false);
  await nudger.settled();
  await listener.query('select 1');
  expect(heard.at(-1)).toBe(2);
});
