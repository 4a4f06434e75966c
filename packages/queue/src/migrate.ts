import { runMigrations } from 'bullmq';
import { Client } from 'pg';
import { QUEUE_SCHEMA } from './postgres.ts';

/** Queue tables turn over completely: vacuum after a fixed small number of dead rows, at full speed. */
const AUTOVACUUM = {
  autovacuum_vacuum_scale_factor: '0.0',
  autovacuum_vacuum_threshold: '2000',
  autovacuum_analyze_scale_factor: '0.0',
  autovacuum_analyze_threshold: '10000',
  autovacuum_vacuum_cost_delay: '0',
};
const BUSY_TABLES = ['job', 'event', 'meta'];

/**
 * Brings the queue tables in PostgreSQL up to date, with the autovacuum settings that queues need.
 * May run again and at the same time elsewhere. Throws what the database refuses.
 */
export async function migrateQueues(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'qvara-queue-migrate' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await runMigrations(client, QUEUE_SCHEMA);
    await tuneAutovacuum(client);
  } finally {
    await client.end();
  }
}

async function tuneAutovacuum(client: Client): Promise<void> {
  const wanted = Object.entries(AUTOVACUUM).map(([name, value]) => `${name}=${value}`);
  const { rows } = await client.query<{ relname: string }>(
    `SELECT relname FROM pg_class
      WHERE relnamespace = $1::regnamespace AND relname = ANY ($2) AND NOT coalesce(reloptions, '{}') @> $3`,
    [QUEUE_SCHEMA, BUSY_TABLES, wanted],
  );
  for (const { relname } of rows) {
    await client.query(`ALTER TABLE ${QUEUE_SCHEMA}."${relname}" SET (${wanted.join(', ')})`);
  }
}
