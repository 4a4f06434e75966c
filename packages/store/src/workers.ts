import type { Sql } from './sql.ts';

/** A worker, and how many jobs of a queue it runs at once: at most, and while clients with little to do are about. */
export type WorkerRef = { readonly id: string; readonly slots: number; readonly sharedSlots: number };

/** Says that these workers live. A worker that holds claims and is silent for the lease loses them to rescue. */
export async function beat(sql: Sql, workers: readonly WorkerRef[]): Promise<void> {
  const byId = new Map(workers.map((worker) => [worker.id, worker]));
  const known = [...byId.keys()].sort().map((id) => byId.get(id) as WorkerRef);
  await sql.query(
    `insert into workers (id, slots, shared_slots, beat_at) select id, slots, shared_slots, clock_timestamp()
     from unnest($1::text[], $2::int[], $3::int[]) as w (id, slots, shared_slots)
     on conflict (id) do update
       set slots = excluded.slots, shared_slots = excluded.shared_slots, beat_at = excluded.beat_at`,
    [known.map(({ id }) => id), known.map(({ slots }) => slots), known.map(({ sharedSlots }) => sharedSlots)],
  );
}

/** Takes a stopped worker off the list. It must hold no claims. */
export async function forgetWorker(sql: Sql, workerId: string): Promise<void> {
  await sql.query('delete from workers where id = $1', [workerId]);
}
