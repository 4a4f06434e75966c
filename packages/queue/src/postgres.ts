import { Pool } from 'pg';

/** The schema of the queue tables: BullMQ's own default, which a pool that we pass in cannot change. */
export const QUEUE_SCHEMA = 'bullmq';

const CONNECT_TIMEOUT_MS = 5000;
const QUERY_TIMEOUT_MS = 15_000;

/** A pool for queues only; `max` must leave room for one LISTEN connection per worker. Opens nothing by itself. */
export function openQueuePool(databaseUrl: string, max: number): Pool {
  const pool = new Pool({
    ...inQueueSchema(databaseUrl),
    max,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    application_name: 'qvara-queue',
  }).setMaxListeners(0);
  // Whoever has checked a connection out meets its loss in the statement they wait for; the event that comes with it
  // would end the process if nobody heard it, and BullMQ does not always.
  return pool.on('connect', (client) => client.on('error', () => undefined));
}

/** What a URL holds wins over other options in pg: `options` of its own must be joined, not put beside it. */
function inQueueSchema(databaseUrl: string): { connectionString: string; options?: string } {
  const settings = `-c search_path=${QUEUE_SCHEMA} -c synchronous_commit=off`;
  if (!URL.canParse(databaseUrl)) return { connectionString: databaseUrl, options: settings };
  const url = new URL(databaseUrl);
  const own = url.searchParams.get('options');
  url.searchParams.set('options', own === null ? settings : `${own} ${settings}`);
  return { connectionString: url.href };
}
