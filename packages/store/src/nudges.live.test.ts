import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
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
  for (let number = 1; number <= 100; number += 1) {
    nudger.nudge(number, false);
    await delay(2);
  }
  await expect.poll(() => heard.at(-1)).toBe(100);
  expect(heard.length).toBeLessThan(50);
});

it('what somebody may wait for is told at once, though a greater number was to be told later', async () => {
  const nudger = createNudger(process.ledger);
  const tookMs: number[] = [];
  for (let number = 1; number < 20; number += 2) {
    nudger.nudge(number, false);
    await nudger.settled();
    const startedMs = performance.now();
    nudger.nudge(number + 1, false);
    nudger.nudge(number, true);
    await vi.waitUntil(() => heard.at(-1) === number + 1, { interval: 1 });
    tookMs.push(performance.now() - startedMs);
  }
  // One that rests takes twenty.
  expect(Math.min(...tookMs)).toBeLessThan(15);
});

it('a stop has all told, and does not rest before', async () => {
  const nudger = createNudger(process.ledger);
  const tookMs: number[] = [];
  for (let number = 1; number < 20; number += 2) {
    nudger.nudge(number, true);
    await nudger.settled();
    nudger.nudge(number + 1, false);
    const startedMs = performance.now();
    await nudger.settled();
    tookMs.push(performance.now() - startedMs);
    await vi.waitUntil(() => heard.at(-1) === number + 1);
  }
  expect(Math.min(...tookMs)).toBeLessThan(15);
});
