import type { Bell } from '@qvara/contracts/jobs';
import type { WindowKey } from './bells.ts';
import { wakeHeld } from './capacity.ts';
import { repeatConflicts } from './coalesce.ts';
import { type Announce, conclude } from './commit.ts';
import type { JobRow } from './entities/job.ts';
import { moveJob, updateJobs } from './job-rows.ts';
import type { Ledger } from './orm.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import { lockCapacity } from './seats.ts';
import { type Sql, sqlOn, transact } from './sql.ts';

const PAGE = 200;

/** Rings what is due and has a place in its window: waits that are over, and what was passed over when windows were full. */
export async function ringDue(ledger: Ledger, announce: Announce): Promise<void> {
  const due = await sqlOn(ledger.pool).query<WindowKey>(
    `select distinct client_id, queue from jobs where bell = 'due' and due_at <= clock_timestamp() limit ${PAGE}`,
  );
  if (due.length === 0) return;
  await commit(ledger, announce, async () => ({ freed: [], touched: due, records: [] }));
}

/**
 * Takes jobs from workers that have been silent for `leaseMs`: they are fenced, and rung again. No attempt is spent.
 * Safe with several rescuers at once: each takes other jobs. Answers how many it took.
 */
export async function releaseSilent(ledger: Ledger, announce: Announce, leaseMs: number): Promise<number> {
  const lost = `left join workers w on w.id = j.worker_id
    where j.state = 'running' and (w.id is null or w.beat_at < clock_timestamp() - make_interval(secs => $1 / 1000.0))`;
  return await release(ledger, announce, { which: lost, values: [leaseMs], event: 'abandoned' });
}

/** Gives back the jobs of a worker that stops: fenced, no attempt spent, rung again at once. Answers how many. */
export async function releaseWorker(ledger: Ledger, announce: Announce, workerId: string): Promise<number> {
  return await release(ledger, announce, {
    which: `where j.state = 'running' and j.worker_id = $1`,
    values: [workerId],
    event: 'released',
  });
}

/** Gives up a run that met a defect: as if its worker had been lost, so that it is not tried for ever. */
export async function abandonRun(
  ledger: Ledger,
  announce: Announce,
  run: { readonly jobId: string; readonly claimNo: number },
): Promise<void> {
  const which = `where j.state = 'running' and j.id = $1 and j.claim_no = $2`;
  await release(ledger, announce, { which, values: [run.jobId, run.claimNo], event: 'abandoned' });
}

type Release = {
  readonly which: string;
  readonly values: readonly (string | number)[];
  readonly event: 'released' | 'abandoned';
};
type Lost = JobRow & SeatColumns & { readonly now: string; readonly freshClaim: number };

async function release(ledger: Ledger, announce: Announce, { which, values, event }: Release): Promise<number> {
  let count = 0;
  for (let page = PAGE; page === PAGE; count += page) {
    page = 0;
    await commit(ledger, announce, async (sql) => {
      const jobs = await sql.query<Lost>(
        `select j.*, ${seatColumns}, clock_timestamp() as now, nextval('claim_numbers') as fresh_claim
         from (select j.id from jobs j ${which} order by j.id limit ${PAGE} for update of j skip locked) k
         join jobs j on j.id = k.id
         left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id`,
        values,
      );
      page = jobs.length;
      const moved = jobs.map((before) => ({ ...moveJob(before, [{ type: event }], before.now), before }));
      await updateJobs(
        sql,
        moved.map(({ job, told, before }) => ({
          ...job,
          claimNo: before.freshClaim,
          writeNo: before.writeNo + 1,
          eventCount: before.eventCount + told.length,
        })),
      );
      const windows = jobs.map(({ clientId, queue }) => ({ clientId, queue }));
      return {
        freed: windows,
        touched: [],
        records: moved.flatMap((one) => jobEvents(ledger, one, seatOf(one.before))),
      };
    });
  }
  return count;
}

/** Bells rung over `olderThanMs` ago that no worker has claimed: in a queue still, or lost. */
export async function findUnclaimed(ledger: Ledger, olderThanMs: number): Promise<Bell[]> {
  return await sqlOn(ledger.pool).query<Bell>(
    `select queue, id as job_id, bell_no from jobs where bell = 'rung' and state <> 'running'
       and rung_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)
     order by rung_at limit ${PAGE}`,
    [olderThanMs],
  );
}

/** Gives lost bells new numbers, so that no queue's memory of the old ones can swallow them. Answers the new bells. */
export async function renewBells(ledger: Ledger, lost: readonly Bell[]): Promise<Bell[]> {
  if (lost.length === 0) return [];
  return await sqlOn(ledger.pool).query<Bell>(
    `update jobs j set bell_no = j.bell_no + 1, rung_at = clock_timestamp()
     from (select k.id, k.bell_no from unnest($1::text[], $2::int[]) as k (id, bell_no) join jobs j using (id, bell_no)
           where j.bell = 'rung' and j.state <> 'running' order by k.id for update of j skip locked) k
     where j.id = k.id returning j.queue, j.id as job_id, j.bell_no`,
    [lost.map((bell) => bell.jobId), lost.map((bell) => bell.bellNo)],
  );
}

/** Ends quarantines and breakers whose time is over, and lets held jobs use what that frees. */
export async function freeRested(ledger: Ledger, announce: Announce): Promise<void> {
  const [found] = await sqlOn(ledger.pool).query<{ any: boolean }>(
    `select exists (select from seats where state = 'quarantined' and free_at <= clock_timestamp())
       or exists (select from containers where breaker_open_until <= clock_timestamp()) as any`,
  );
  if (!found?.any) return;
  await commit(ledger, announce, async (sql) => {
    await lockCapacity(sql);
    await sql.query(`delete from seats where state = 'quarantined' and free_at <= clock_timestamp()`);
    await sql.query(
      'update containers set breaker_open_until = null, breaker_failures = 0 where breaker_open_until <= clock_timestamp()',
    );
    return { freed: [], ...(await wakeHeld(sql, ledger)) };
  });
}

/** Takes workers off the list that have been silent for a day. */
export async function forgetSilent(ledger: Ledger): Promise<void> {
  await sqlOn(ledger.pool).query(
    `delete from workers w where beat_at < clock_timestamp() - interval '1 day'
       and not exists (select from jobs j where j.worker_id = w.id and j.state = 'running')`,
  );
}

type Act = Parameters<typeof conclude>[2];

/** One transaction of a sweep, repeated when it meets locks, its news announced. */
export async function commit(ledger: Ledger, announce: Announce, act: (sql: Sql) => Promise<Act>): Promise<void> {
  const news = await repeatConflicts(() => transact(ledger.pool, async (sql) => conclude(sql, ledger, await act(sql))));
  announce({ ...news, dueInMs: [] });
}
