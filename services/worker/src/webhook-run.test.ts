import { createPoster } from '@qvara/outbound/post';
import { parseAllow } from '@qvara/outbound/targets';
import type { Due } from '@qvara/store/dispatch';
import type { TryAnswer } from '@qvara/store/record-answers';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Consumer, startConsumer } from '../../../test/support/consumer.ts';
import { deliverBatch } from './webhook-run.ts';

const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const poster = createPoster({ allow: parseAllow('127.0.0.1/32'), timeoutMs: 20_000 });
const MINUTE_MS = 60_000;

let consumer: Consumer;
let open: number;
let most: number;

beforeEach(async () => {
  consumer = await startConsumer();
  consumer.secrets = [secret];
  [open, most] = [0, 0];
});
afterEach(async () => {
  await consumer.close();
});
afterAll(async () => {
  await poster.close();
});

/** Answers each request after so long, and counts those that are open at the same time. */
function answerAfter(ms: number, status: (sequence: number) => number = () => 204): void {
  consumer.answer = ({ sequence }, response) => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      response.writeHead(status(sequence)).end();
    }, ms);
  };
}

/** Deliveries of so many jobs, each with as many events. */
function dueOf(jobs: number, each: number): Due[] {
  return Array.from({ length: jobs * each }, (_, n) => {
    const [sequence, lane] = [n + 1, `job ${Math.floor(n / each)}`];
    const data = { sequence, jobSequence: 1 + (n % each), jobId: lane };
    const event = { specversion: '1.0', id: String(sequence), source: '/qvara/provisioning', type: 'x', data } as never;
    return { id: `dlv_${sequence}`, sequence, lane, replay: false, tries: 0, event };
  });
}

type Wish = { due: Due[]; failuresBefore?: number; forMs?: number; record?: (answer: TryAnswer) => Promise<boolean> };

function deliver({ due, failuresBefore = 0, forMs = MINUTE_MS, record = async () => true }: Wish) {
  const address = { url: consumer.url, secrets: [secret], clock: () => new Date() };
  const { signal } = new AbortController();
  const own = { id: 'whk_1', claimNo: 1, address, signal, untilMs: performance.now() + forMs };
  return deliverBatch({ poster, record, count: () => undefined }, own, { due, failuresBefore });
}

/** Answers nothing before so many requests are open at the same time; then each after a moment. */
function answerTogether(count: number): void {
  const { promise: together, resolve } = Promise.withResolvers<void>();
  consumer.answer = async (_, response) => {
    open += 1;
    most = Math.max(most, open);
    if (open === count) resolve();
    await together;
    setTimeout(() => {
      open -= 1;
      response.writeHead(204).end();
    }, 2);
  };
}

it('delivers lanes beside each other, sixteen at most, and each in its order', async () => {
  answerTogether(16);
  const outcome = await deliver({ due: dueOf(40, 5) });
  expect(outcome).toEqual({ failures: 0, succeeded: true, waitMs: 0, disabled: null, lost: false });
  expect(most).toBe(16);
  for (const lane of Map.groupBy(consumer.received, ({ jobId }) => jobId).values())
    expect(lane.map(({ jobSequence }) => jobSequence)).toEqual([1, 2, 3, 4, 5]);
});

it('sends nothing of a lane after its first failure, and everything of the others', async () => {
  answerAfter(1, (sequence) => (sequence === 3 ? 500 : 204));
  const written: string[] = [];
  await deliver({ due: dueOf(4, 5), record: async ({ deliveryId }) => written.push(deliveryId) > 0 });
  expect(consumer.received.map(({ sequence }) => sequence).toSorted((a, b) => a - b)).toEqual([
    1,
    2,
    ...Array.from({ length: 15 }, (_, n) => n + 6),
  ]);
  expect(written).toHaveLength(18);
});

it('begins nothing when its time is over, and waits for what has begun', async () => {
  answerAfter(200);
  await deliver({ due: dueOf(200, 1), forMs: 500 });
  expect(open).toBe(0);
  expect(consumer.received.length).toBeGreaterThanOrEqual(16);
  expect(consumer.received.length).toBeLessThan(100);
});

it('tries one alone while a webhook is suspected to be down, and all again once it is not', async () => {
  answerAfter(1, () => 500);
  const down = await deliver({ due: dueOf(100, 1) });
  expect(down.failures).toBeGreaterThanOrEqual(5);
  expect(down.failures).toBeLessThanOrEqual(20);
  most = 0;
  expect(await deliver({ due: dueOf(100, 1), failuresBefore: down.failures })).toMatchObject({
    failures: down.failures + 1,
    succeeded: false,
  });
  answerAfter(1);
  expect(await deliver({ due: dueOf(30, 1), failuresBefore: 9 })).toMatchObject({ failures: 0, succeeded: true });
  expect([most, consumer.received.length]).toEqual([1, 30]);
});

it('without the ledger it ends when all that it has begun is over, and nothing is left uncaught', async () => {
  answerAfter(100);
  const uncaught = vi.fn();
  process.on('unhandledRejection', uncaught);
  const record = () => Promise.reject(new Error('away'));
  await expect(deliver({ due: dueOf(64, 4), record })).rejects.toThrow('away');
  expect(open).toBe(0);
  expect(consumer.received.length).toBeLessThanOrEqual(32);
  process.off('unhandledRejection', uncaught);
  expect(uncaught).not.toHaveBeenCalled();
});

it('ends when somebody else has the webhook', async () => {
  answerAfter(1);
  expect(await deliver({ due: dueOf(100, 4), record: async () => false })).toMatchObject({ lost: true });
  expect(consumer.received.length).toBeLessThan(100);
});
