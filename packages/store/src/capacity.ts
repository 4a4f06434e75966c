import { headRoom } from '@qvara/domain/placement';
import type { Outcome } from './commit.ts';
import { type JobRow, jobOf, type Stored } from './entities/job.ts';
import { jobEvents } from './events.ts';
import { moveJob, updateJobs } from './job-rows.ts';
import type { Ledger } from './orm.ts';
import { loadFitting } from './seats.ts';
import type { Sql } from './sql.ts';

type Held = JobRow & { readonly region: string | null; readonly now: string };

/** Bounds the transaction; whom it leaves behind the sweep wakes. */
const MOST_AT_ONCE = 1_000;

/**
 * Lets as many of the oldest held jobs go on as now fit. To be called, with the capacity lock held, by whatever frees
 * head-room. Answers their windows and what is to be told.
 */
export async function wakeHeld(sql: Sql, ledger: Ledger): Promise<Outcome> {
  const free = new Map<string, number>();
  for (const container of await loadFitting(sql)) {
    free.set(container.region, (free.get(container.region) ?? 0) + headRoom(container));
  }
  if (free.size === 0) return { touched: [], records: [] };
  const held = await findFitting(sql, free);
  const woken = fitting(held, free).map((job) => moveJob(job, [{ type: 'woken' }], job.now));
  await updateJobs(
    sql,
    woken.map(({ job }) => job),
  );
  return {
    touched: woken.map(({ job: { clientId, queue } }) => ({ clientId, queue })),
    records: woken.flatMap((moved) => jobEvents(ledger, moved, null)),
  };
}

/** The oldest held jobs of each region that has seats, and those for any: jobs for a full region must not hide them. */
async function findFitting(sql: Sql, free: ReadonlyMap<string, number>): Promise<Held[]> {
  const rows = await sql.query<Stored<Held>>(
    `select j.*, c.region, clock_timestamp() as now from jobs j join customers c on c.id = j.customer_id
     where j.state = 'held' and j.id in (
       select oldest.id from unnest($1::text[], $2::int[]) as r (region, room) cross join lateral (
         select h.id from jobs h join customers hc on hc.id = h.customer_id
         where h.state = 'held' and hc.region is not distinct from r.region order by h.accepted_at, h.id limit r.room) oldest)
     order by j.accepted_at, j.id limit ${MOST_AT_ONCE} for update of j skip locked`,
    [
      [...free.keys(), null],
      [...free.values(), sum(free)],
    ],
  );
  return rows.map(jobOf);
}

/** Takes from the oldest on: each needs a seat somewhere, one bound to a region needs it there. */
function fitting(held: readonly Held[], free: ReadonlyMap<string, number>): Held[] {
  const left = new Map(free);
  let total = sum(free);
  return held.filter(({ region }) => {
    const there = region === null ? total : (left.get(region) ?? 0);
    if (there === 0 || total === 0) return false;
    if (region !== null) left.set(region, there - 1);
    total -= 1;
    return true;
  });
}

function sum(free: ReadonlyMap<string, number>): number {
  return [...free.values()].reduce((total, seats) => total + seats, 0);
}
