import type { Bell } from '@qvara/contracts/jobs';
import { jobDefinition } from '@qvara/contracts/jobs';
import { newSteps } from '@qvara/domain/plan';
import type { AcceptItem } from './accept-item.ts';
import type { Target } from './accept-targets.ts';
import { findPlaces, type Places, saveWindows } from './bells.ts';
import type { JobRow } from './entities/job.ts';
import { type EventDrafts, jobEvents } from './events.ts';
import { insertJobs } from './job-rows.ts';
import { busyLanes, takeTurns } from './lanes.ts';
import type { Ledger } from './orm.ts';
import type { Sql } from './sql.ts';

/** New jobs by their requests, not written yet; the bells of those that can run, with the places they take. */
export type Made = {
  readonly jobs: ReadonlyMap<AcceptItem, JobRow>;
  readonly bells: readonly Bell[];
  readonly places: Places['changes'];
};

/**
 * Makes the jobs of accepted requests: each with the next turn of its lane, the first of an idle lane with its bell.
 * The lanes must be locked. A change may name a customer whose provisioning came in this very batch: that one is first.
 */
export async function makeJobs(sql: Sql, ledger: Ledger, targets: ReadonlyMap<AcceptItem, Target>): Promise<Made> {
  const fresh = [...targets].filter(([, target]) => target.fresh);
  const known = [...targets].filter(([, target]) => !target.fresh);
  const lanes = known.map(([, { id }]) => id);
  const busy = await busyLanes(sql, lanes);
  const items = [...fresh, ...known];
  const heads = items.filter(([, { id }]) => !busy.has(id) && busy.add(id));
  const windows = heads.map(([{ clientId, request }]) => ({ clientId, queue: jobDefinition(request.type).queue }));
  const [turns, places, now] = await Promise.all([
    takeTurns(sql, lanes),
    findPlaces(sql, ledger, windows),
    readClock(sql),
  ]);
  const granted = new Map(heads.map(([item], index) => [item, places.granted[index] === true]));
  const rows = items.map(([item, { id, ownerId }], index) => {
    const turn = turns[index - fresh.length] ?? 1;
    return newJob(item, { customerId: id, ownerId, turn, bell: bellOf(granted.get(item)), now });
  });
  const jobs = new Map(rows.map((row, index) => [items[index]?.[0] as AcceptItem, row]));
  const bells = [...jobs].flatMap(([item, { queue, id: jobId, bellNo }]) =>
    granted.get(item) ? [{ queue, jobId, bellNo }] : [],
  );
  return { jobs, bells, places: places.changes };
}

/** Writes jobs that were made, and takes their places: all statements at once. */
export async function writeJobs(sql: Sql, { jobs, places }: Made): Promise<void> {
  await Promise.all([insertJobs(sql, [...jobs.values()]), saveWindows(sql, places)]);
}

/** By whether a job got a place in its client's window; undefined when it waits its turn. */
function bellOf(granted: boolean | undefined): JobRow['bell'] {
  if (granted === undefined) return 'none';
  return granted ? 'rung' : 'due';
}

/** The database's clock (RFC 3339). */
export async function readClock(sql: Sql): Promise<string> {
  const [row] = await sql.query<{ now: string }>('select clock_timestamp() as now');
  return (row as { now: string }).now;
}

/** What is told of new jobs. */
export function acceptedEvents(ledger: Ledger, jobs: Iterable<JobRow>): EventDrafts[] {
  const told = [{ name: 'job.accepted', attempt: 1, detail: {}, state: 'accepted' }] as const;
  return [...jobs].flatMap((job) => jobEvents(ledger, { job, told }, null));
}

type Birth = {
  readonly customerId: string;
  readonly ownerId: string;
  readonly turn: number;
  readonly bell: JobRow['bell'];
  readonly now: string;
};

/** A job as it is accepted: nothing of it has happened but that. */
export function newJob(item: AcceptItem, { customerId, ownerId, turn, bell, now }: Birth): JobRow {
  const { request } = item;
  const payload = request.payload ?? {};
  const steps = newSteps(request.type, payload);
  return {
    id: item.jobId,
    clientId: item.clientId,
    ownerId,
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
    begunAt: null,
    lateAt: null,
    claimNo: 0,
    claimToken: null,
    writeNo: 0,
    workerId: null,
    bellNo: bell === 'rung' ? 1 : 0,
    rungAt: bell === 'rung' ? now : null,
    eventCount: 1,
    importId: null,
    importRow: null,
  };
}
