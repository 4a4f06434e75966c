import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { migrateSandbox } from './sandbox-migrate.ts';
import { SANDBOX_MIGRATIONS } from './sandbox-migrations.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

it('an empty database is migrated once, however many begin at once, and again without harm', async () => {
  const client = new pg.Client({ connectionString: database.sandboxUrl });
  await client.connect();
  await client.query('drop table tenants, calls, effects, scripts, sandbox_migrations');
  await Promise.all([1, 2, 3, 4].map(() => migrateSandbox(database.sandboxUrl)));
  await migrateSandbox(database.sandboxUrl);
  const { rows } = await client.query('select name from sandbox_migrations order by name');
  await client.end();
  expect(rows).toEqual(SANDBOX_MIGRATIONS.map(({ name }) => ({ name })));
});
