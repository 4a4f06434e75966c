import type { Bell, QueueName } from '@qvara/contracts/jobs';
import type { WindowKey } from './bells.ts';
import { wakeHeld } from './capacity.ts';
import { type Announce, commit } from './commit.ts';
import { type JobRow, jobOf, type Stored } from './entities/job.ts';
import { jobEvents } from './events.ts';
import { moveJob, updateJobs } from './job-rows.ts';
import type { Ledger } from './orm.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import { endQuarantines, lockCapacity } from './seats.ts';
import { sqlOn } from './sql.ts';

const WINDOWS_AT_ONCE = 20;
const JOBS_AT_ONCE = 200;
/** How many unclaimed bells are looked at together. */
export const BELLS_AT_ONCE = 1_000;

/** Rings what is due and has a place in its window: waits that are over, and what was passed over when windows were full. */
export async function ringDue(ledger: Ledger, announce: Announce): Promise<void> {
  let last: WindowKey | undefined;
  do {
    const due = await findDue(ledger, last);
    if (due.length > 0) await commit(ledger, announce, async () => ({ freed: [], touched: due, records: [] }));
    last = due.length < WINDOWS_AT_ONCE ? undefined : due.at(-1);
  } while (last !== undefined);
}

/** Windows that have room and something due, after `last` in their order. One look into the index for each window. */
async function findDue(ledger: Ledger, last: WindowKey | undefined): Promise<WindowKey[]> {
  return await sqlOn(ledger.pool).query<WindowKey>(
    `select w.client_id, w.queue from bell_windows w
     where (w.client_id, w.queue) > ($1, $2) and w.outstanding < $3
       and exists (select from jobs j where j.client_id = w.client_id and j.queue = w.queue and j.bell = 'due'
                     and j.due_at <= statement_timestamp())
     order by w.client_id, w.queue limit ${WINDOWS_AT_ONCE}`,
    [last?.clientId ?? '', last?.queue ?? '', ledger.clientWindow],
  );
}

/**
 * Takes jobs from workers that have been silent for `leaseMs`: they are fenced, and rung again. No attempt is spent.
 * Safe with several rescuers at once: each takes other jobs. Answers how many it took.
 */
export async function releaseSilent(ledger: Ledger, announce: Announce, leaseMs: number): Promise<number> {
  const silent = await sqlOn(ledger.pool).query<{ workerId: string }>(
    `select j.worker_id from (select distinct worker_id from jobs where state = 'running') j
     left join workers w on w.id = j.worker_id
     where w.id is null or w.beat_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)`,
    [leaseMs],
  );
  if (silent.length === 0) return 0;
  const workers = silent.map(({ workerId }) => workerId);
  return await release(ledger, announce, { which: 'worker_id = any($1)', values: [workers], event: 'abandoned' });
}

/** Gives back the jobs of a worker that stops: fenced, no attempt spent, rung again at once. Answers how many. */
export async function releaseWorker(ledger: Ledger, announce: Announce, workerId: string): Promise<number> {
  const all = { which: 'worker_id = $1', values: [workerId], event: 'released' } as const;
  const free = await release(ledger, announce, all);
  // A bell that was put back is answered by another worker meanwhile, which locks its job for a moment.
  return free + (await release(ledger, announce, { ...all, wait: true }));
}

/** Gives up a run that met a defect: as if its worker had been lost, so that it is not tried for ever. */
export async function abandonRun(
  ledger: Ledger,
  announce: Announce,
  { jobId, claimNo }: { readonly jobId: string; readonly claimNo: number },
): Promise<void> {
  await release(ledger, announce, {
    which: 'id = $1 and claim_no = $2',
    values: [jobId, claimNo],
    event: 'abandoned',
    wait: true,
  });
}

type Release = {
  readonly which: string;
  readonly values: readonly unknown[];
  readonly event: 'released' | 'abandoned';
  /** For rows that somebody else has locked; else they are left to the next sweep. */
  readonly wait?: boolean;
};
type Lost = JobRow & SeatColumns & { readonly now: string; readonly freshClaim: number };

async function release(
  ledger: Ledger,
  announce: Announce,
  { which, values, event, wait = false }: Release,
): Promise<number> {
  let count = 0;
  let page: readonly Lost[] = [];
  do {
    await commit(ledger, announce, async (sql) => {
      // The rows must be those that were locked: reading them again would show what this statement saw at its start.
      const rows = await sql.query<Stored<Lost>>(
        `select j.*, ${seatColumns}, clock_timestamp() as now, nextval('claim_numbers') as fresh_claim
         from (select * from jobs where state = 'running' and ${which} order by id limit ${JOBS_AT_ONCE}
               for update ${wait ? '' : 'skip locked'}) j
         left join seats s on s.customer_id = j.customer_id left join containers c on c.id = s.container_id`,
        values,
      );
      page = rows.map(jobOf);
      const moved = page.map((before) => ({ ...moveJob(before, [{ type: event }], before.now), before }));
      await updateJobs(
        sql,
        moved.map(({ job, before }) => ({ ...job, claimNo: before.freshClaim, writeNo: before.writeNo + 1 })),
      );
      const { rung = [], taken = [] } = Object.groupBy(page, ({ bell }) => (bell === 'rung' ? 'rung' : 'taken'));
      return {
        freed: rung.map(windowOf),
        touched: taken.map(windowOf),
        records: moved.flatMap((one) => jobEvents(ledger, one, seatOf(one.before))),
      };
    });
    count += page.length;
  } while (page.length === JOBS_AT_ONCE);
  return count;
}

function windowOf({ clientId, queue }: Lost): WindowKey {
  return { clientId, queue };
}

/** A bell that no worker has claimed: in its queue still, or lost. */
export type UnclaimedBell = Bell & {
  readonly ageMs: number;
  /** To the microsecond: a page must not begin again with bells of the one before. */
  readonly rungAt: string;
};

type Look = {
  readonly queue: QueueName;
  readonly olderThanMs: number;
  /** The last bell of the page before; without it the oldest come. */
  readonly after?: UnclaimedBell | undefined;
};

/**
 * A page of the bells that were rung over `olderThanMs` ago and are unclaimed, the oldest first; full at `BELLS_AT_ONCE`.
 * None of a paused queue: what it lost is found when it goes on.
 */
export async function findUnclaimed(ledger: Ledger, { queue, olderThanMs, after }: Look): Promise<UnclaimedBell[]> {
  return await sqlOn(ledger.pool).query<UnclaimedBell>(
    `select queue, id as job_id, bell_no, rung_at::text as rung_at,
            (extract(epoch from statement_timestamp() - rung_at) * 1000)::float8 as age_ms
     from jobs where bell = 'rung' and state <> 'running' and queue = $1
       and not exists (select from queue_pauses p where p.queue = $1)
       and rung_at < statement_timestamp() - make_interval(secs => $2 / 1000.0)
       and (rung_at, id) > ($3::timestamptz, $4)
     order by jobs.rung_at, id limit ${BELLS_AT_ONCE}`,
    [queue, olderThanMs, after?.rungAt ?? '-infinity', after?.jobId ?? ''],
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

/**
 * Ends quarantines and breakers whose time is over, and lets held jobs use what is free: also what a woken job that was
 * cancelled meanwhile has left unused.
 */
export async function freeRested(ledger: Ledger, announce: Announce): Promise<void> {
  const [found] = await sqlOn(ledger.pool).query<{ any: boolean }>(
    `select exists (select from seats where state = 'quarantined' and free_at <= statement_timestamp())
       or exists (select from containers where breaker_open_until <= statement_timestamp())
       or exists (select from jobs where state = 'held') as any`,
  );
  if (!found?.any) return;
  await commit(ledger, announce, async (sql) => {
    await lockCapacity(sql);
    await endQuarantines(sql);
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
