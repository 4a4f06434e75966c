import { Client } from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { openBackend } from './connection.ts';
import { migrateQueues } from './migrate.ts';

test('the migration may run again and at the same time, and sets autovacuum for the busy tables', async () => {
  const database = await createTestDatabase();
  const backend = openBackend({ databaseUrl: database.url });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query('DROP SCHEMA bullmq CASCADE');
    await expect(backend.ping()).rejects.toThrow('run the migrations');
    await Promise.all([1, 2, 3].map(() => migrateQueues(database.url)));
    await migrateQueues(database.url);
    await backend.ping();
    const { rows } = await client.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'bullmq'::regnamespace
          AND reloptions @> '{autovacuum_vacuum_scale_factor=0.0}' ORDER BY relname`,
    );
    expect(rows.map(({ relname }) => relname)).toEqual(['event', 'job', 'meta']);
  } finally {
    await client.end();
    await backend.close();
    await database.drop();
  }
});
