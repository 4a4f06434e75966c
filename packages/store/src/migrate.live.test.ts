import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { withDatabase } from '../../../test/support/provided.ts';
import { migrate } from './migrate.ts';
import { closeLedger, type Ledger, openLedger } from './orm.ts';

let database: TestDatabase;
let ledger: Ledger;

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ databaseUrl: database.url, clientWindow: 5, quarantineDays: 30, sipDomain: 'sip.test' });
});
afterAll(async () => {
  await closeLedger(ledger);
  await database.drop();
});

it('an empty ledger may be migrated by several processes at once, and again, without a word', async () => {
  const name = `test_empty_${process.pid}`;
  const server = new Client({ connectionString: inject('postgresUrl') });
  await server.connect();
  try {
    await server.query(`create database ${name}`);
    const url = withDatabase(inject('postgresUrl'), name);
    const said = await Promise.all([migrateApart(url), migrateApart(url), migrateApart(url)]);
    expect(said).toEqual(['', '', '']);
    await migrate(url);
    const fresh = new Client({ connectionString: url });
    await fresh.connect();
    const { rows } = await fresh.query('select name from mikro_orm_migrations');
    const { rows: entries } = await fresh.query(
      'select list, code from reference_entries group by 1, 2 having count(*) > 1',
    );
    await fresh.end();
    expect(rows).toEqual([
      { name: '0001-ledger' },
      { name: '0002-webhooks' },
      { name: '0003-imports' },
      { name: '0004-job-times' },
    ]);
    expect(entries).toEqual([]);
  } finally {
    await server.query(`drop database if exists ${name} with (force)`);
    await server.end();
  }
});

/** Migrates in a process of its own. Answers all that it wrote. */
async function migrateApart(url: string): Promise<string> {
  const script = `import { migrate } from '${new URL('./migrate.ts', import.meta.url)}'; await migrate('${url}');`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return stdout + stderr;
}

type Column = { table_name: string; column_name: string; udt_name: string; is_nullable: 'YES' | 'NO' };

const TYPES: Record<string, string> = {
  text: 'text',
  int: 'int4',
  bigint: 'int8',
  bigserial: 'int8',
  boolean: 'bool',
  timestamptz: 'timestamptz',
  json: 'jsonb',
  blob: 'bytea',
  'text[]': '_text',
};

it('the entities describe the migrated tables, column by column', async () => {
  const { rows } = await ledger.pool.query<Column>(
    "select table_name, column_name, udt_name, is_nullable from information_schema.columns where table_schema = 'public'",
  );
  const entities = [...ledger.orm.getMetadata().getAll().values()].filter((meta) => meta.tableName);
  expect(entities.length).toBeGreaterThan(8);
  for (const meta of entities) {
    const described = meta.props.map((property) => ({
      column: property.fieldNames[0],
      type: TYPES[property.columnTypes[0] ?? ''] ?? property.columnTypes[0],
      nullable: property.nullable === true,
    }));
    const columns = rows
      .filter(({ table_name }) => table_name === meta.tableName)
      .map(({ column_name, udt_name, is_nullable }) => ({
        column: column_name,
        type: udt_name,
        nullable: is_nullable === 'YES',
      }));
    const byName = (one: { column?: string | undefined }, other: { column?: string | undefined }) =>
      String(one.column).localeCompare(String(other.column));
    expect({ [meta.tableName]: described.sort(byName) }).toEqual({ [meta.tableName]: columns.sort(byName) });
  }
});

it('no statement of the ledger waits long for a lock, runs long, or stays open', async () => {
  const { rows } = await ledger.pool.query(
    "select name, setting from pg_settings where name in ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout', 'TimeZone')",
  );
  const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  expect(settings).toEqual({
    lock_timeout: '200',
    statement_timeout: '5000',
    idle_in_transaction_session_timeout: '5000',
    TimeZone: 'UTC',
  });
});
