import { randomUUID } from 'node:crypto';
import type { CloudEvent } from '@qvara/contracts/events';
import type { JobAnswer } from '@qvara/contracts/job-answer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Api, createApi, provisioning } from '../support/api.ts';
import { type Consumer, startConsumer } from '../support/consumer.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { type Follower, followStream } from '../support/follow.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

/** How many customers; a thousand by hand. */
const CUSTOMERS = Number(process.env.WEBHOOK_CUSTOMERS ?? 60);
const AT_ONCE = 20;
const EACH_MS = 250;
/** Longer than a killed worker's claim of a webhook. */
const DEADLINE_MS = 90_000 + CUSTOMERS * EACH_MS;

type Told = Pick<CloudEvent, 'id' | 'type'> & Pick<CloudEvent['data'], 'sequence' | 'jobId' | 'jobSequence'>;
const told = ({ id, type, data: { sequence, jobId, jobSequence } }: CloudEvent): Told => ({
  id,
  type,
  sequence,
  jobId,
  jobSequence,
});

describe.each(backendsFor('deliveries'))(
  `deliveries while processes are killed, queues in %s (seed ${seed})`,
  (backend) => {
    let stack: Stack;
    let api: Api;
    let consumer: Consumer;
    let follower: Follower;

    beforeAll(async () => {
      stack = await startStack({ backend, intakes: 2, workers: 2, env: { WEBHOOK_ALLOW: '127.0.0.0/8' } });
      const admin = await stack.client();
      await addContainers(admin, [
        { id: '100001', capacity: 999 },
        { id: '100002', capacity: 999 },
      ]);
    });
    afterAll(async () => {
      await stack?.stop();
    });
    beforeEach(async () => {
      api = await stack.client(['jobs:read', 'jobs:write', 'webhooks:write']);
      consumer = await startConsumer();
      const added = await api.call<{ secret: string }>('POST', '/v1/webhooks', { body: { url: consumer.url } });
      consumer.secrets.push(added.body.secret);
      follower = followStream(
        stack.intakes.map(({ url }) => url),
        api.key,
      );
    });
    afterEach(async () => {
      await follower.stop();
      await consumer.close();
    });

    /** Posts until there is a 202, whichever intake gives it. */
    async function insist(name: string): Promise<JobAnswer> {
      const headers = { 'idempotency-key': randomUUID() };
      return await eventually(
        async () => {
          const answer = await api.call<JobAnswer>('POST', '/v1/jobs', { body: provisioning({ name }), headers });
          return answer.status === 202 ? answer.body : undefined;
        },
        { deadlineMs: 30_000, describe: 'the job is accepted' },
      );
    }

    async function provisionAll(): Promise<void> {
      for (let n = 0; n < CUSTOMERS; n += AT_ONCE) {
        const some = Array.from({ length: Math.min(AT_ONCE, CUSTOMERS - n) }, (_, index) =>
          insist(`Customer ${n + index}`),
        );
        if (n >= CUSTOMERS / 3 && n < CUSTOMERS / 3 + AT_ONCE) await stack.intakes[0]?.kill();
        if (n >= (2 * CUSTOMERS) / 3 && n < (2 * CUSTOMERS) / 3 + AT_ONCE) await killWorker();
        await Promise.all(some);
      }
    }

    async function killWorker(): Promise<void> {
      await stack.workers[0]?.kill();
      await stack.startWorker();
    }

    /** The client's own events, page by page, once all of its jobs have ended. */
    async function readPages(alive: Api): Promise<CloudEvent[]> {
      await eventually(async () => await areAllDone(), { deadlineMs: DEADLINE_MS, describe: 'every job to end' });
      const events: CloudEvent[] = [];
      for (;;) {
        const page = await alive.events(`after=${events.at(-1)?.data.sequence ?? 0}`);
        events.push(...page);
        if (page.length === 0) return events;
      }
    }

    async function areAllDone(): Promise<boolean> {
      const { rows } = await stack.ledger.pool.query<{ done: number }>(
        "select count(*)::int as done from jobs where client_id = $1 and state = 'completed'",
        [api.clientId],
      );
      return rows[0]?.done === CUSTOMERS;
    }

    it(
      'page, stream and webhook tell the same events with the same ids, each in the order of its job',
      async () => {
        await provisionAll();
        const alive = createApi([stack.intakes[1]?.url as string], api.key, api.clientId);
        const paged = (await readPages(alive)).map(told);
        expect(paged.length).toBeGreaterThanOrEqual(22 * CUSTOMERS);
        const received = () => new Map(consumer.received.map((event) => [event.id, event]));
        await eventually(() => received().size >= paged.length && follower.events.length >= paged.length, {
          deadlineMs: DEADLINE_MS,
          describe: () =>
            `${paged.length} events; ${received().size} were received, ${follower.events.length} streamed`,
        });
        expect(follower.events.map(told)).toEqual(paged);
        const delivered = [...received().values()].toSorted((one, other) => one.sequence - other.sequence);
        expect(delivered.map(({ replay, lateMs, ...event }) => event)).toEqual(paged);
        expect(consumer.refused).toEqual([]);
        for (const events of Map.groupBy(received().values(), ({ jobId }) => jobId).values())
          expect(events.map(({ jobSequence }) => jobSequence)).toEqual(events.map((_, n) => n + 1));
      },
      3 * DEADLINE_MS,
    );
  },
);
