import { BELL_QUEUES } from '@qvara/contracts/queues';
import { createPostgresBackend, Queue, type Worker } from 'bullmq';
import type { BellData, QueueBackend } from './backend.ts';
import { BellWorker } from './bell-worker.ts';
import { openQueuePool, QUEUE_SCHEMA } from './postgres.ts';
import { within } from './within.ts';

const PING_MS = 2000;
const CLOSE_MS = 2000;

/** Queues in PostgreSQL, in a schema and through a pool of their own. */
export function openPostgresBackend(options: {
  readonly databaseUrl: string;
  readonly poolSize: number;
  readonly onError: (error: Error) => void;
}): QueueBackend {
  const pool = openQueuePool(options.databaseUrl, options.poolSize + BELL_QUEUES.length);
  pool.on('error', options.onError);
  let closing: Promise<void> | undefined;

  return {
    kind: 'postgresql',
    keepCompleted: true,
    newQueue: (name, settings) =>
      new Queue(name, { ...settings, connection: pool } as never, createPostgresBackend) as unknown as Queue<BellData>,
    newWorker: (name, processor, settings) =>
      new BellWorker(
        name,
        processor,
        { ...settings, connection: pool } as never,
        createPostgresBackend,
      ) as unknown as Worker<BellData>,
    async ping() {
      const { rows } = await within(
        PING_MS,
        'PostgreSQL',
        pool.query(`SELECT to_regclass('${QUEUE_SCHEMA}.migration') AS found`),
      );
      if (rows[0]?.found === null) throw new Error('The queue tables are missing: run the migrations');
    },
    async close() {
      closing ??= within(CLOSE_MS, 'Closing the pool', pool.end()).catch(options.onError);
      await closing;
    },
  };
}
