import type { Sql } from './sql.ts';

/** A worker, and how many jobs of a queue it runs at once. */
export type WorkerRef = { readonly id: string; readonly slots: number };

/** Says that these workers live. A worker that holds claims and is silent for the lease loses them to rescue. */
export async function beat(sql: Sql, workers: readonly WorkerRef[]): Promise<void> {
  const slots = new Map(workers.map((worker) => [worker.id, worker.slots]));
  const ids = [...slots.keys()].sort();
  await sql.query(
    `insert into workers (id, slots, beat_at) select id, slots, clock_timestamp()
     from unnest($1::text[], $2::int[]) as w (id, slots)
     on conflict (id) do update set slots = excluded.slots, beat_at = excluded.beat_at`,
    [ids, ids.map((id) => slots.get(id))],
  );
}

/** Takes a stopped worker off the list. It must hold no claims. */
export async function forgetWorker(sql: Sql, workerId: string): Promise<void> {
  await sql.query('delete from workers where id = $1', [workerId]);
}
