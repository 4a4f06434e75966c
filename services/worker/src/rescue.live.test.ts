import { setTimeout as delay } from 'node:timers/promises';
import type { QueueName } from '@qvara/contracts/jobs';
import type { Bell } from '@qvara/queue/producer';
import { closeLedger, type Ledger, openLedger } from '@qvara/store/orm';
import { notePause } from '@qvara/store/queue-pauses';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { Loop } from './loop.ts';
import { createRescue } from './rescue.ts';

const by = { keyId: 'key_test', clientId: 'cli_test' };

let database: TestDatabase;
let ledger: Ledger;
let rescue: Loop | undefined;
let lost: Set<string>;
let told: string[];
let looked: number;
let lookMs: number;
let rung: Bell[];
let ring: (bells: readonly Bell[]) => Promise<void>;

beforeEach(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({
    databaseUrl: database.url,
    clientWindow: 1_000,
    quarantineDays: 30,
    sipDomain: 'sip.test',
  });
  [lost, told, looked, lookMs, rung] = [new Set(), [], 0, 0, []];
  ring = async (bells) => void rung.push(...bells);
});
afterEach(async () => {
  await rescue?.stop();
  await closeLedger(ledger);
  await database.drop();
});

/** Rescue beside queues that have lost the bells of the jobs in `lost`, and no others. */
function startRescue(): void {
  rescue = createRescue({
    ledger,
    announce: ({ bells }) => {
      if (bells.length > 0) void ring(bells).catch(() => told.push('unheard'));
    },
    producer: {
      ring: (bells) => ring(bells),
      async findLostBells(bells) {
        looked += bells.length;
        if (bells.length > 0) told.push('looked');
        await delay(lookMs);
        return bells.filter(({ jobId }) => lost.delete(jobId));
      },
      async setPaused() {},
    },
    logger: { warn: (_: unknown, text?: string) => void told.push(text ?? '') },
  });
  rescue.start();
}

/** Jobs whose bells nobody has claimed for so long; answers their ids. */
async function addRung(queue: QueueName, count: number, age: string): Promise<string[]> {
  const { rows } = await ledger.pool.query<{ id: string }>(
    `insert into jobs (id, client_id, owner_id, customer_id, type, queue, payload, by_admin, turn, state, phase, attempt,
       steps, cancellable, due_at, accepted_at, bell, bell_no, rung_at, event_count)
     select 'job_' || $1 || n, 'cli_test', 'cli_test', 'cus_' || $1 || n, 'customer.update', $1, '{}', false, 1, 'accepted',
       'forward', 1, '[]', true, now(), now(), 'rung', 1, clock_timestamp() - $3::interval, 0
     from generate_series(1, $2) n returning id`,
    [queue, count, age],
  );
  return rows.map(({ id }) => id);
}

it('a lost bell is found at once behind thousands that only wait', async () => {
  lost.add((await addRung('provisioning', 2_500, '20 seconds')).at(-1) as string);
  lost.add((await addRung('settings', 1, '15 seconds'))[0] as string);
  startRescue();
  await eventually(() => rung.length === 2, { deadlineMs: 4_000 });
});

it('where looking takes long, the next look goes on where the last one ended', async () => {
  lost.add((await addRung('provisioning', 1_500, '20 seconds')).at(-1) as string);
  lookMs = 300;
  startRescue();
  await eventually(() => rung.length === 1, { deadlineMs: 12_000 });
});

it('the bells of a paused queue are not looked for until it goes on', async () => {
  await notePause(ledger, { by, queue: 'provisioning', paused: true });
  for (const id of await addRung('provisioning', 1_500, '2 minutes')) lost.add(id);
  for (const id of await addRung('settings', 1, '15 seconds')) lost.add(id);
  startRescue();
  await eventually(() => rung.length === 1);
  expect(looked).toBe(1);
  await notePause(ledger, { by, queue: 'provisioning', paused: false });
  await eventually(() => rung.length === 1_501, { deadlineMs: 12_000 });
});

it('what was lost is rung page by page: no page is looked at while the one before still rings', async () => {
  for (const id of await addRung('provisioning', 1_500, '20 seconds')) lost.add(id);
  ring = async (bells) => {
    told.push('ringing');
    await delay(50);
    rung.push(...bells);
    told.push('rung');
  };
  startRescue();
  await eventually(() => rung.length === 1_500);
  const page = ['looked', 'bells were lost and rung again', 'ringing', 'rung'].toSorted();
  expect(told.slice(0, 4).toSorted()).toEqual(page);
  expect(told.slice(4, 8).toSorted()).toEqual(page);
});

it('bells that cannot be rung end the look, and the next look finds them again', async () => {
  for (const id of await addRung('provisioning', 1_500, '20 seconds')) lost.add(id);
  ring = async () => {
    throw new Error('the queue is away');
  };
  startRescue();
  await eventually(() => told.includes('a look for lost work failed; the next one comes'));
  expect(told.filter((word) => word === 'looked')).toHaveLength(1);
  ring = async (bells) => void rung.push(...bells);
  await eventually(() => rung.length === 500, { deadlineMs: 12_000 });
});
