import { type Announce, commit } from './commit.ts';
import { type JobRow, jobOf, type Stored } from './entities/job.ts';
import { jobEvents } from './events.ts';
import { moveJob, noteLate } from './job-rows.ts';
import type { Ledger } from './orm.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import { sqlOn } from './sql.ts';

/** Of each kind. */
const JOBS_AT_ONCE = 200;

/** Jobs of the kind `t` that have begun, are open and were not told yet, after the time in which most are done. */
const OVERDUE = `jobs j where j.type = t.type and (j.import_id is not null) = t.imported and j.late_at is null
  and j.state in ('running', 'waiting', 'held')
  and j.begun_at < statement_timestamp() - make_interval(secs => t.late_after_ms / 1000) order by j.begun_at`;

type Late = JobRow & SeatColumns & { readonly p99Ms: number; readonly now: string };

/**
 * Tells of jobs that are likely to miss the time that 99 of 100 of their kind take, of those first that began first: each
 * is told once. Safe with several processes at once. Answers how many were told; there may be more.
 */
export async function tellLate(ledger: Ledger, announce: Announce): Promise<number> {
  const [found] = await sqlOn(ledger.pool).query(
    `select from job_times t cross join lateral (select from ${OVERDUE} limit 1) late limit 1`,
  );
  if (found === undefined) return 0;
  let count = 0;
  await commit(ledger, announce, async (sql) => {
    const rows = await sql.query<Stored<Late>>(
      `select j.*, ${seatColumns}, t.p99_ms, clock_timestamp() as now
       from job_times t
       cross join lateral (select j.* from ${OVERDUE} limit ${JOBS_AT_ONCE} for update skip locked) j
       left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id`,
    );
    const moved = rows.map(jobOf).map((before) => {
      const { job, told } = moveJob(before, [{ type: 'late', p99Ms: before.p99Ms }], before.now);
      return { job, told, seat: seatOf(before) };
    });
    await noteLate(
      sql,
      moved.map(({ job }) => job),
    );
    count = moved.length;
    return { freed: [], touched: [], records: moved.flatMap((one) => jobEvents(ledger, one, one.seat)) };
  });
  return count;
}
