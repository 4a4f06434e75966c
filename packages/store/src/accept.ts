import { CodedError, type Fault } from '@qvara/contracts/failure';
import { type Bell, jobDefinition } from '@qvara/contracts/jobs';
import { newSteps } from '@qvara/domain/plan';
import type { AcceptItem } from './accept-item.ts';
import { claimKeys } from './accept-keys.ts';
import { findTargets, type Targets } from './accept-targets.ts';
import { takePlaces } from './bells.ts';
import { AGAIN, type BatchVerb } from './coalesce.ts';
import type { Announce } from './commit.ts';
import type { JobRow } from './entities/job.ts';
import { appendEvents } from './events.ts';
import { busyLanes, takeTurns } from './lanes.ts';
import type { Ledger } from './orm.ts';
import { type Sql, transact } from './sql.ts';

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
    const done = await transact(ledger.pool, (sql) => accept(sql, ledger, { items, rerun }));
    announce({ bells: done.bells, lastEvent: done.lastEvent, dueInMs: [] });
    return done.answers;
  };
}

type Batch = { readonly items: readonly AcceptItem[]; readonly rerun: boolean };
type Answers = Map<AcceptItem, AcceptAnswer | typeof AGAIN>;

async function accept(sql: Sql, ledger: Ledger, { items, rerun }: Batch) {
  const answers: Answers = new Map();
  const before = rerun
    ? await loadJobs(
        sql,
        items.map((item) => item.jobId),
      )
    : new Map<string, JobRow>();
  for (const item of items) {
    const job = before.get(item.jobId);
    if (job !== undefined) answers.set(item, { outcome: 'accepted', job });
  }
  const open = items.filter((item) => !answers.has(item));
  const keys = await claimKeys(sql, open);
  for (const [item, fault] of keys.refused) answers.set(item, { outcome: 'refused', fault });
  const targets = await findTargets(sql, keys.winners);
  for (const [item, fault] of targets.refused)
    answers.set(item, fault === AGAIN ? AGAIN : { outcome: 'refused', fault });
  const made = await makeJobs(
    sql,
    ledger,
    keys.winners.filter((item) => !targets.refused.has(item)),
    targets,
  );
  for (const [item, job] of made.jobs) answers.set(item, { outcome: 'accepted', job });
  await keys.forget([...targets.refused.keys()]);
  await answerReplays(sql, keys.replays, answers);
  return {
    answers: items.map((item) => answers.get(item) as AcceptAnswer | typeof AGAIN),
    bells: made.bells,
    lastEvent: made.lastEvent,
  };
}

async function makeJobs(sql: Sql, ledger: Ledger, winners: readonly AcceptItem[], targets: Targets) {
  const jobs = new Map<AcceptItem, JobRow>();
  if (winners.length === 0) return { jobs, bells: [] as Bell[], lastEvent: 0 };
  // A change may name a customer whose provisioning came in this very batch: that one is first in the lane.
  const fresh = (item: AcceptItem) => targets.customers.get(item)?.fresh === true;
  const items = [...winners.filter(fresh), ...winners.filter((item) => !fresh(item))];
  const known = items.filter((item) => !fresh(item));
  const busy = await busyLanes(
    sql,
    known.map((item) => targets.idOf(item)),
  );
  const turns = await takeTurns(
    sql,
    known.map((item) => targets.idOf(item)),
  );
  const [{ now }] = (await sql.query<{ now: string }>('select clock_timestamp() as now')) as [{ now: string }];
  const heads = items.filter((item) => {
    const id = targets.idOf(item);
    return !busy.has(id) && busy.add(id);
  });
  const places = await takePlaces(
    sql,
    ledger,
    heads.map((item) => ({ clientId: item.clientId, queue: jobDefinition(item.request.type).queue })),
  );
  for (const item of items) {
    const place = places[heads.indexOf(item)];
    const turn = fresh(item) ? 1 : (turns[known.indexOf(item)] as number);
    const bell = place === undefined ? 'none' : place ? 'rung' : 'due';
    jobs.set(item, newJob(item, { customerId: targets.idOf(item), turn, bell, now }));
  }
  const rows = [...jobs.values()];
  await insertJobs(sql, rows);
  const told = [{ name: 'job.accepted', attempt: 1, detail: {}, state: 'accepted' }] as const;
  const records = rows.flatMap((job) => jobEvents(ledger, { job: { ...job, eventCount: 0 }, told }, null));
  const lastEvent = await appendEvents(sql, records);
  const bells = rows
    .filter((job) => job.bell === 'rung')
    .map((job): Bell => ({ queue: job.queue, jobId: job.id, bellNo: job.bellNo }));
  return { jobs, bells, lastEvent };
}

type Birth = {
  readonly customerId: string;
  readonly turn: number;
  readonly bell: JobRow['bell'];
  readonly now: string;
};

function newJob(item: AcceptItem, { customerId, turn, bell, now }: Birth): JobRow {
  const { request } = item;
  const payload = request.payload ?? {};
  const steps = newSteps(request.type, payload);
  return {
    id: item.jobId,
    clientId: item.clientId,
    customerId,
    type: request.type,
    queue: jobDefinition(request.type).queue,
    externalId: request.externalId ?? null,
    payload,
    byAdmin: item.byAdmin,
    turn,
    bell,
    expectedVersion: 'expectedVersion' in request ? (request.expectedVersion ?? null) : null,
    state: 'accepted',
    phase: 'forward',
    undo: null,
    attempt: 1,
    steps,
    held: null,
    failure: null,
    failureCode: null,
    result: null,
    fees: [],
    cancellable: true,
    cancelRequested: false,
    abandonments: 0,
    dueAt: bell === 'none' ? null : now,
    acceptedAt: now,
    startedAt: null,
    finishedAt: null,
    claimNo: 0,
    claimToken: null,
    writeNo: 0,
    workerId: null,
    bellNo: bell === 'rung' ? 1 : 0,
    rungAt: bell === 'rung' ? now : null,
    eventCount: 1,
  };
}

const JOB_COLUMNS = `id text, client_id text, customer_id text, type text, queue text, external_id text, payload jsonb,
  expected_version int, by_admin boolean, turn int, state text, phase text, attempt int, steps jsonb, fees jsonb,
  cancellable boolean, due_at timestamptz, accepted_at timestamptz, bell text, bell_no int, rung_at timestamptz, event_count int`;
const NAMES = JOB_COLUMNS.split(',').map((column) => column.trim().split(/\s+/)[0] as string);
const INSERT = `insert into jobs (${NAMES.join(', ')}) select ${NAMES.join(', ')} from jsonb_to_recordset($1) as r (${JOB_COLUMNS})`;

async function insertJobs(sql: Sql, jobs: readonly JobRow[]): Promise<void> {
  const rows = jobs.map((job) => ({
    id: job.id,
    client_id: job.clientId,
    customer_id: job.customerId,
    type: job.type,
    queue: job.queue,
    external_id: job.externalId,
    payload: job.payload,
    expected_version: job.expectedVersion,
    by_admin: job.byAdmin,
    turn: job.turn,
    state: job.state,
    phase: job.phase,
    attempt: job.attempt,
    steps: job.steps,
    fees: job.fees,
    cancellable: job.cancellable,
    due_at: job.dueAt,
    accepted_at: job.acceptedAt,
    bell: job.bell,
    bell_no: job.bellNo,
    rung_at: job.rungAt,
    event_count: job.eventCount,
  }));
  await sql.query(INSERT, [JSON.stringify(rows)]);
}

/** Replays answer the first request's job as it is now; of a first request in this very batch, its own answer. */
async function answerReplays(sql: Sql, replays: ReadonlyMap<AcceptItem, string>, answers: Answers): Promise<void> {
  if (replays.size === 0) return;
  const jobs = await loadJobs(sql, [...replays.values()]);
  const byJob = new Map([...answers].map(([item, answer]) => [item.jobId, answer]));
  for (const [item, jobId] of replays) {
    const job = jobs.get(jobId);
    const first = byJob.get(jobId);
    if (job !== undefined) answers.set(item, { outcome: 'replayed', job });
    else
      answers.set(
        item,
        first !== undefined && typeof first !== 'symbol' && first.outcome === 'refused' ? first : AGAIN,
      );
  }
}

async function loadJobs(sql: Sql, ids: readonly string[]): Promise<Map<string, JobRow>> {
  const rows = await sql.query<JobRow>('select * from jobs where id = any($1)', [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The error a refused item stands for. */
export function refusedError(fault: Fault): CodedError {
  return new CodedError(fault.code, fault.message);
}
