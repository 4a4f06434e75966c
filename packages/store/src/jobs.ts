import type { Page } from '@qvara/contracts/api';
import { CodedError } from '@qvara/contracts/failure';
import type { JobAnswer, JobState } from '@qvara/contracts/job-answer';
import type { JobType } from '@qvara/contracts/jobs';
import { Job, type JobRow, jobOf, type StoredJob } from './entities/job.ts';
import { entityManager, type Ledger } from './orm.ts';
import { type Viewer, visibleTo } from './viewer.ts';

/** A job as the interface answers it. */
export function jobAnswer(job: JobRow): JobAnswer {
  return {
    id: job.id,
    type: job.type,
    state: job.state,
    phase: job.phase,
    customerId: job.customerId,
    externalId: job.externalId,
    importId: job.importId,
    attempt: job.attempt,
    cancellable: job.cancellable,
    acceptedAt: job.acceptedAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    dueAt: job.state === 'waiting' ? job.dueAt : null,
    lateSince: job.lateAt,
    steps: [...job.steps],
    undo: job.undo,
    held: job.held,
    failure: job.failure,
    result: job.result,
    fees: [...job.fees],
    links: {
      self: `/v1/jobs/${job.id}`,
      events: `/v1/jobs/${job.id}/events`,
      customer: `/v1/customers/${job.customerId}`,
    },
  };
}

/** Loads a job the viewer may see. Throws `not-found`. */
export async function loadJob(ledger: Ledger, viewer: Viewer, jobId: string): Promise<JobRow> {
  const job = await entityManager(ledger).findOne(Job, { id: jobId, ...visibleTo(viewer) });
  if (job === null) throw new CodedError('not-found', `There is no job ${jobId}.`);
  return jobOf(job as StoredJob);
}

export type JobQuery = {
  readonly limit: number;
  /** The id of the last job of the page before. */
  readonly cursor?: string;
  readonly state?: JobState;
  readonly type?: JobType;
  readonly customerId?: string;
  readonly importId?: string;
  /** A failure code. */
  readonly code?: string;
};

/** A page of jobs, the newest first. */
export async function listJobs(ledger: Ledger, viewer: Viewer, query: JobQuery): Promise<Page<JobRow>> {
  const { limit, cursor, state, type, customerId, importId, code } = query;
  const where = {
    ...visibleTo(viewer),
    ...(cursor === undefined ? {} : { id: { $lt: cursor } }),
    ...(state === undefined ? {} : { state }),
    ...(type === undefined ? {} : { type }),
    ...(customerId === undefined ? {} : { customerId }),
    ...(importId === undefined ? {} : { importId }),
    ...(code === undefined ? {} : { failureCode: code }),
  };
  const rows = await entityManager(ledger).find(Job, where, { orderBy: { id: 'desc' }, limit: limit + 1 });
  return pageOf((rows as StoredJob[]).map(jobOf), limit);
}

/** A page from one row more than it may hold: `next` is the id of its last row when there is more. */
export function pageOf<R extends { readonly id: string }>(rows: readonly R[], limit: number): Page<R> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
