import type { Fault } from '@qvara/contracts/failure';
import type { Bell } from '@qvara/contracts/jobs';
import type { AcceptItem } from './accept-item.ts';
import { acceptedEvents, makeJobs, writeJobs } from './accept-jobs.ts';
import { claimKeys, forgetKeys, repointKeys } from './accept-keys.ts';
import { findTargets } from './accept-targets.ts';
import { AGAIN, type BatchVerb } from './coalesce.ts';
import type { Announce } from './commit.ts';
import { type JobRow, jobOf, type StoredJob } from './entities/job.ts';
import { appendEvents } from './events.ts';
import type { Ledger } from './orm.ts';
import { type Sql, transactInTwo } from './sql.ts';

export type AcceptAnswer =
  | { readonly outcome: 'accepted'; readonly job: JobRow }
  /** The request was accepted before: this is its job, as it is now. */
  | { readonly outcome: 'replayed'; readonly job: JobRow }
  | { readonly outcome: 'refused'; readonly fault: Fault };

/**
 * Accepts requests: when the answer comes, each accepted job is durable, has its turn in its customer's lane and its
 * first event. Requests with the same key make one job, also when they come at the same instant by two processes.
 */
export function acceptVerb(ledger: Ledger, announce: Announce): BatchVerb<AcceptItem, AcceptAnswer> {
  return async (items, rerun) => {
    const done = await transactInTwo(
      ledger.pool,
      (sql) => accept(sql, ledger, { items, rerun }),
      (sql, accepted) => record(sql, ledger, accepted),
    );
    announce({ bells: done.bells, lastEvent: done.lastEvent, ended: false, dueInMs: [] });
    return done.answers;
  };
}

type Batch = { readonly items: readonly AcceptItem[]; readonly rerun: boolean };

async function accept(sql: Sql, ledger: Ledger, { items, rerun }: Batch) {
  const answers = new Map<AcceptItem, AcceptAnswer | typeof AGAIN>();
  const before = rerun ? await loadJobs(sql, items.map(idOf)) : new Map<string, JobRow>();
  for (const item of items) {
    const job = before.get(item.jobId);
    if (job !== undefined) answers.set(item, { outcome: 'accepted', job });
  }
  const keys = await claimKeys(
    sql,
    items.filter((item) => !answers.has(item)),
  );
  const targets = await findTargets(sql, keys.winners);
  const made = await makeJobs(sql, ledger, targets.found);
  const replayed = await findReplayed(sql, keys.replays, made.jobs);
  for (const [item, fault] of keys.refused) answers.set(item, { outcome: 'refused', fault });
  for (const [item, fault] of targets.refused)
    answers.set(item, fault === AGAIN ? AGAIN : { outcome: 'refused', fault });
  for (const [item, job] of made.jobs) answers.set(item, { outcome: 'accepted', job });
  for (const [item, job] of replayed) answers.set(item, { outcome: 'replayed', job });
  return {
    // What is left repeats a request that was refused just now: it is judged for itself in the next batch.
    answers: items.map((item) => answers.get(item) ?? AGAIN),
    made,
    replayed,
    jobless: items.filter((item) => !made.jobs.has(item) && !replayed.has(item)),
    // A rerun rings what the first run would have rung: its bells were lost with its answer.
    bells: [...[...before.values()].flatMap(bellOf), ...made.bells],
  };
}

async function record(sql: Sql, ledger: Ledger, accepted: Awaited<ReturnType<typeof accept>>) {
  const { made, replayed, jobless, answers, bells } = accepted;
  const lasting = [
    writeJobs(sql, made),
    forgetKeys(sql, jobless),
    repointKeys(
      sql,
      [...replayed].map(([item, job]) => [item, job.id]),
    ),
    appendEvents(sql, acceptedEvents(ledger, made.jobs.values())),
  ] as const;
  return { answers, bells, lastEvent: (await Promise.all(lasting))[3] };
}

function idOf(item: AcceptItem): string {
  return item.jobId;
}

function bellOf({ bell, state, queue, id, bellNo }: JobRow): Bell[] {
  return bell === 'rung' && state === 'accepted' ? [{ queue, jobId: id, bellNo }] : [];
}

/** The jobs that replays ask for, as they are now, those made in this very batch included. */
async function findReplayed(
  sql: Sql,
  replays: ReadonlyMap<AcceptItem, string>,
  made: ReadonlyMap<AcceptItem, JobRow>,
): Promise<ReadonlyMap<AcceptItem, JobRow>> {
  if (replays.size === 0) return new Map();
  const jobs = await loadJobs(sql, [...replays.values()]);
  for (const job of made.values()) jobs.set(job.id, job);
  return new Map(
    [...replays].flatMap(([item, jobId]) => {
      const job = jobs.get(jobId);
      return job === undefined ? [] : [[item, job] as const];
    }),
  );
}

async function loadJobs(sql: Sql, ids: readonly string[]): Promise<Map<string, JobRow>> {
  const rows = await sql.query<StoredJob>('select * from jobs where id = any($1)', [ids]);
  return new Map(rows.map((row) => [row.id, jobOf(row)]));
}
