import type { EventDraft } from '@qvara/contracts/events';
import type { JobState } from '@qvara/contracts/job-answer';
import { type JobEvent, transition } from '@qvara/domain/job';
import type { JobRow } from './entities/job.ts';
import { packSteps } from './packed-steps.ts';
import { settleRows } from './settle-rows.ts';
import type { Sql } from './sql.ts';

/** What is told of a job, with the state it had then. */
export type Told = EventDraft & { readonly state: JobState };

/** A job moved by events that are not written yet; its `eventCount` counts them. */
export type MovedJob = { readonly job: JobRow; readonly told: readonly Told[] };

/** Moves a job by events in order, at `now` by the database's clock. */
export function moveJob(job: JobRow, events: readonly JobEvent[], now: string): MovedJob {
  let moved = job;
  const told: Told[] = [];
  for (const event of events) {
    const step = transition(moved, event, now);
    moved = { ...moved, ...step.job } as JobRow;
    told.push(...step.told.map((draft) => ({ ...draft, state: step.job.state })));
  }
  return { job: { ...bellOf(moved), eventCount: job.eventCount + told.length }, told };
}

/** What a job's state means for its bell: only a run keeps its place, only a wait becomes due. */
function bellOf(job: JobRow): JobRow {
  if (job.state === 'running') return job;
  const bell = job.state === 'waiting' ? 'due' : 'none';
  return { ...job, bell, workerId: null, claimToken: null };
}

/** Of a run that goes on, only this changes. */
const PROGRESS = `phase text, attempt int, steps jsonb, failure jsonb, fees jsonb, cancellable boolean, abandonments int,
  write_no int, event_count int`;
const ALL = `${PROGRESS}, state text, undo text, held jsonb, result jsonb, cancel_requested boolean, due_at timestamptz,
  started_at timestamptz, finished_at timestamptz, begun_at timestamptz, turn int, claim_no bigint, claim_token text, worker_id text, bell text`;

const updateAll = updater(ALL);

/**
 * Writes moved jobs back, and settles the rows of imports that they carry out, all statements at once. Their rows must be
 * locked by this transaction.
 */
export async function updateJobs(sql: Sql, jobs: readonly JobRow[]): Promise<void> {
  await Promise.all([updateAll(sql, jobs), settleRows(sql, jobs)]);
}

/** Writes back jobs that were running and are running still, under the same claim. */
export const updateRunning = updater(PROGRESS);

/** Notes that jobs were told to be late. Nothing else of them changes: somebody may be running them. */
export const noteLate = updater('late_at timestamptz, event_count int');

function updater(columns: string): (sql: Sql, jobs: readonly JobRow[]) => Promise<void> {
  const names = namesOf(columns);
  const text = `update jobs j set ${names.map((name) => `${name} = r.${name}`).join(', ')}
    from jsonb_to_recordset($1) as r (id text, ${columns}) where j.id = r.id`;
  return async (sql, jobs) => {
    if (jobs.length === 0) return;
    await sql.query(text, [JSON.stringify(rowsOf(jobs, ['id', ...names]))]);
  };
}

const FRESH = `id text, client_id text, owner_id text, customer_id text, type text, queue text, external_id text, payload jsonb,
  expected_version int, by_admin boolean, turn int, state text, phase text, attempt int, steps jsonb, fees jsonb,
  cancellable boolean, due_at timestamptz, accepted_at timestamptz, bell text, bell_no int, rung_at timestamptz, event_count int`;
const BEGUN = `${FRESH}, held jsonb, started_at timestamptz, claim_no bigint, claim_token text, write_no int, worker_id text,
  import_id text, import_row int`;

/** Writes new jobs that nobody has claimed. */
export const insertJobs = inserter(FRESH);

/** Writes new jobs of rows, begun already. */
export const insertBegun = inserter(BEGUN);

function inserter(columns: string): (sql: Sql, jobs: readonly JobRow[]) => Promise<void> {
  const names = namesOf(columns);
  const text = `insert into jobs (${names.join(', ')}) select ${names.join(', ')} from jsonb_to_recordset($1) as r (${columns})`;
  return async (sql, jobs) => {
    await sql.query(text, [JSON.stringify(rowsOf(jobs, names))]);
  };
}

function namesOf(columns: string): string[] {
  return columns.split(',').map((column) => column.trim().split(/\s+/)[0] as string);
}

/** These columns of jobs, as a statement takes them. */
function rowsOf(jobs: readonly JobRow[], names: readonly string[]): Record<string, unknown>[] {
  const fields = names.map((name) => [name, camelName(name)] as const);
  return jobs.map((job) => {
    const row: Record<string, unknown> = {};
    for (const [name, field] of fields) row[name] = field === 'steps' ? packSteps(job.steps) : job[field];
    return row;
  });
}

function camelName(name: string): keyof JobRow {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as keyof JobRow;
}

/** Of jobs that could not be locked, those that are there: somebody else holds them. */
export async function findHeld(sql: Sql, jobIds: readonly string[]): Promise<Set<string>> {
  if (jobIds.length === 0) return new Set();
  const rows = await sql.query<{ id: string }>('select id from jobs where id = any($1)', [jobIds]);
  return new Set(rows.map(({ id }) => id));
}
