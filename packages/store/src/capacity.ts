import { headRoom } from '@qvara/domain/placement';
import type { WindowKey } from './bells.ts';
import { appendable, type Outcome } from './commit.ts';
import type { JobRow } from './entities/job.ts';
import { moveJob, updateJobs } from './job-rows.ts';
import type { Ledger } from './orm.ts';
import { loadCandidates } from './seats.ts';
import type { Sql } from './sql.ts';

type Held = JobRow & { readonly region: string | null; readonly now: string };

/**
 * Lets as many of the oldest held jobs go on as now fit. To be called, with the capacity lock held, by whatever frees
 * head-room. Answers their windows and what is to be told.
 */
export async function wakeHeld(sql: Sql, ledger: Ledger): Promise<Outcome> {
  await sql.query('update capacity set version = version + 1');
  const free = new Map<string, number>();
  for (const container of await loadCandidates(sql)) {
    const open = container.state === 'online' && !container.breakerOpen;
    if (open) free.set(container.region, (free.get(container.region) ?? 0) + headRoom(container));
  }
  const total = [...free.values()].reduce((sum, seats) => sum + seats, 0);
  if (total === 0) return { touched: [], records: [] };
  const held = await sql.query<Held>(
    `select j.*, c.region, clock_timestamp() as now from jobs j join customers c on c.id = j.customer_id
     where j.state = 'held' order by j.accepted_at, j.id limit $1 for update of j skip locked`,
    [total],
  );
  const woken = held
    .filter((job) => takeFrom(free, job.region))
    .map((job) => moveJob(job, [{ type: 'woken' }], job.now));
  const rows = woken.map(({ job, told }) => ({ ...job, eventCount: job.eventCount + told.length }) as JobRow);
  await updateJobs(sql, rows);
  const touched: WindowKey[] = rows.map((job) => ({ clientId: job.clientId, queue: job.queue }));
  return { touched, records: woken.flatMap((moved) => appendable(ledger, moved, null)) };
}

function takeFrom(free: Map<string, number>, region: string | null): boolean {
  const found = region ?? [...free].find(([, seats]) => seats > 0)?.[0];
  const left = found === undefined ? 0 : (free.get(found) ?? 0);
  if (found === undefined || left === 0) return false;
  free.set(found, left - 1);
  return true;
}
