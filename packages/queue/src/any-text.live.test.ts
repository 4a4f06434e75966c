import type { Bell } from '@qvara/contracts/jobs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { redisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import type { QueueBackend } from './backend.ts';
import { openBackend } from './connection.ts';
import { type Consumer, createConsumer, type Handle } from './consumer.ts';
import { plainText } from './plain-text.ts';
import { bellId, createProducer, type Producer } from './producer.ts';

const MEGABYTE = 1024 * 1024;
const SAMPLES = 60;

const odd = [
  '',
  '\0',
  '\ud800',
  '\udc00\ud800',
  `\0${'\u{1f600}'.repeat(2_000)}`,
  '\u0000'.repeat(MEGABYTE),
  'x'.repeat(MEGABYTE),
  `${'x'.repeat(989)}\u{1f600}\u{1f600}`,
  '\ud83d'.repeat(MEGABYTE),
  '\x01\x1b[2J\r\n\t\x7f\u0085\u2028\u202e',
  "'; drop table bullmq.job; --",
  '{"failedReason":null,"\\u0000":1}',
  '\\u0000 \\x00 \\ud800',
  '$1 %s :name ?',
  '1e400',
  'null',
  '__proto__',
];

describe.each(['redis', 'postgresql'] as const)('on %s, whatever text a failure has', (kind) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let backend: QueueBackend;
  let producer: Producer;
  let consumer: Consumer;
  const errors: string[] = [];
  const said = new Map<string, { readonly text: string; readonly how: 'give-up' | 'throw' }>();

  beforeAll(async () => {
    database = await createTestDatabase();
    const redis = kind === 'redis' ? redisUrl() : undefined;
    backend = openBackend({ redisUrl: redis, databaseUrl: database.url, prefix: uniquePrefix() });
    producer = createProducer(backend);
    const onError = ({ message }: Error) => void errors.push(message);
    consumer = createConsumer({ backend, queue: 'provisioning', concurrency: 8, handle, onError });
    await consumer.start();
  });
  afterAll(async () => {
    await consumer.close(1000);
    await producer.close();
    await backend.close();
    await database.drop();
  });

  const handle: Handle = async ({ jobId }) => {
    const { text, how } = said.get(jobId) ?? { text: '', how: 'throw' };
    if (how === 'throw') throw new Error(text);
    return { outcome: 'give-up', failure: { code: 'platform-broken', message: text } };
  };

  async function ringAll(texts: readonly string[], how: 'give-up' | 'throw'): Promise<Bell[]> {
    const bells = texts.map((text) => {
      const jobId = `job_01k9zv6n3fe8prx2k1w3q4${String(said.size).padStart(4, '0')}`;
      said.set(jobId, { text, how });
      return { queue: 'provisioning', jobId, bellNo: 1 } as const;
    });
    await producer.ring(bells);
    return bells;
  }

  test.each([
    ['give-up', 'platform-broken'],
    ['throw', 'defect'],
  ] as const)(
    'no bell is left hanging: each is failed, with what of the text can be shown (%s)',
    async (how, prefix) => {
      const seed = Date.now();
      const texts = [...odd, ...fc.sample(fc.string({ unit: 'binary', size: 'large' }), { seed, numRuns: SAMPLES })];
      const bells = await ringAll(texts, how);
      const [queue] = producer.queues();
      const finished = async () => {
        const states = await Promise.all(bells.map((bell) => queue?.getJobState(bellId(bell))));
        return states.every((state) => state === 'failed') || states;
      };
      await eventually(async () => (await finished()) === true, {
        deadlineMs: 10_000,
        describe: `every bell has failed; seed ${seed}; errors: ${errors}`,
      });
      for (const [at, bell] of bells.entries()) {
        const job = await queue?.getJob(bellId(bell));
        expect(job?.failedReason, `seed ${seed}, text ${at}`).toBe(plainText(`${prefix}: ${texts[at]}`));
        expect(job?.attemptsMade).toBe(1);
      }
      expect(await producer.findLostBells(bells)).toEqual(bells);
    },
  );
});
