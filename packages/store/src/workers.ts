import type { Sql } from './sql.ts';

/** Says that these workers live. A worker that holds claims and is silent for the lease loses them to rescue. */
export async function beat(sql: Sql, workerIds: readonly string[]): Promise<void> {
  await sql.query(
    `insert into workers (id, beat_at) select unnest($1::text[]), clock_timestamp()
     on conflict (id) do update set beat_at = excluded.beat_at`,
    [[...workerIds].sort()],
  );
}

/** Takes a stopped worker off the list. It must hold no claims. */
export async function forgetWorker(sql: Sql, workerId: string): Promise<void> {
  await sql.query('delete from workers where id = $1', [workerId]);
}
