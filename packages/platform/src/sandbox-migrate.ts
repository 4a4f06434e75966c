import pg from 'pg';
import { SANDBOX_MIGRATIONS } from './sandbox-migrations.ts';

// Any constant will do; it must only be the same in every process.
const LOCK = 7_204_112_301;

/**
 * Brings the sandbox's own database up to date. May be repeated, and run by several processes at once: one does the
 * work, the others wait for it. All or nothing. Throws what PostgreSQL says when it cannot.
 */
export async function migrateSandbox(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists sandbox_migrations (name text primary key, at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string }>('select name from sandbox_migrations');
    const applied = new Set(rows.map((row) => row.name));
    for (const { name, sql } of SANDBOX_MIGRATIONS.filter((migration) => !applied.has(migration.name))) {
      await client.query(sql);
      await client.query('insert into sandbox_migrations (name) values ($1)', [name]);
    }
    await client.query('commit');
  } finally {
    await client.end();
  }
}
