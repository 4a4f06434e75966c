import type { Pool } from 'pg';

/** What a server has done since it was started, whoever asked for it. */
export type Cost = { readonly walBytes: number; readonly commits: number };

/** Reads the server's counters, its other databases included. */
export async function readCost(pool: Pool): Promise<Cost> {
  await pool.query('select pg_stat_force_next_flush()');
  const { rows } = await pool.query<Cost>(
    `select (pg_current_wal_lsn() - '0/0')::float8 as "walBytes",
       (select sum(xact_commit)::float8 from pg_stat_database) as commits`,
  );
  return rows[0] as Cost;
}
