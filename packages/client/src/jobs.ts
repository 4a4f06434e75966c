import type { PlanAnswer } from '@qvara/contracts/api';
import type { FailureCode } from '@qvara/contracts/failure';
import { type JobAnswer, type JobState, OPEN_STATES } from '@qvara/contracts/job-answer';
import type { JobRequest, JobType } from '@qvara/contracts/jobs';
import { eventsAt } from './events.ts';
import { quotedKey } from './idempotency.ts';
import { listAt } from './pages.ts';
import { readAnswer } from './read-answer.ts';
import { pathOf } from './target.ts';
import type { CallOptions, Transport } from './transport.ts';

export type JobFilter = {
  readonly state?: JobState | undefined;
  readonly type?: JobType | undefined;
  readonly customerId?: string | undefined;
  readonly importId?: string | undefined;
  /** The code of the failure. */
  readonly code?: FailureCode | undefined;
};

export type WaitOptions = CallOptions & {
  /** Answer when the job has ended, or after so many seconds (60 at most). */
  readonly waitSeconds?: number | undefined;
};

export type PostOptions = WaitOptions & {
  /** Made for each call when none is given: tries of one call are one job. Give one to repeat a call of another process. */
  readonly idempotencyKey?: string | undefined;
};

export type PostedJob = {
  readonly job: JobAnswer;
  /** Whether an earlier request had made the job. */
  readonly replayed: boolean;
  readonly idempotencyKey: string;
};

/** The longest wait the service grants. */
const LONGEST_WAIT_S = 60;

/** Whether nothing more happens to a job by itself. */
export function hasEnded({ state }: Pick<JobAnswer, 'state'>): boolean {
  return !OPEN_STATES.includes(state);
}

/** Jobs: posted, followed, cancelled, retried. */
export function jobCalls(transport: Transport, newIdempotencyKey: () => string) {
  const get = (id: string, options?: WaitOptions) =>
    transport.json<JobAnswer>({ method: 'GET', path: pathOf`/v1/jobs/${id}`, repeatable: true, ...options });
  const events = (id: string) => eventsAt(transport, pathOf`/v1/jobs/${id}/events`);
  const act = (id: string, verb: 'cancel' | 'retry', options?: CallOptions) =>
    transport.json<JobAnswer>({ method: 'POST', path: pathOf`/v1/jobs/${id}/${verb}`, repeatable: false, ...options });

  async function post(request: JobRequest, { idempotencyKey = newIdempotencyKey(), ...rest }: PostOptions = {}) {
    const headers = { 'idempotency-key': quotedKey(idempotencyKey) };
    const call = { method: 'POST', path: '/v1/jobs', headers, json: request, repeatable: true, ...rest } as const;
    return await transport.ask(call, async (answer): Promise<PostedJob> => {
      const job = await readAnswer<JobAnswer>(answer, answer.url);
      return { job, replayed: answer.headers.get('idempotent-replayed') === 'true', idempotencyKey };
    });
  }

  async function ended(id: string, options?: CallOptions): Promise<JobAnswer> {
    for (;;) {
      const job = await get(id, { waitSeconds: LONGEST_WAIT_S, ...options });
      if (hasEnded(job)) return job;
    }
  }

  async function* watch(id: string, options?: CallOptions): AsyncGenerator<JobAnswer, void, undefined> {
    const batches = events(id).followBatches({}, options);
    try {
      for (let shown = ''; ; await batches.next()) {
        const job = await get(id, options);
        const text = JSON.stringify(job);
        if (text !== shown) yield job;
        if (hasEnded(job)) return;
        shown = text;
      }
    } finally {
      await batches.return();
    }
  }

  return {
    ...listAt<JobAnswer, JobFilter>(transport, '/v1/jobs'),
    /** Posts a job: it is accepted once, however often this has to be tried. */
    post,
    /** What a job would do and cost; changes nothing. */
    plan: (request: JobRequest, options?: CallOptions) =>
      transport.json<PlanAnswer>({
        method: 'POST',
        path: '/v1/jobs',
        query: { dryRun: true },
        json: request,
        repeatable: true,
        ...options,
      }),
    get,
    /** The job when it has ended, however long that takes: a held job ends when it is given room. */
    ended,
    /** The job as it is now, then whenever something happened to it, to its end. */
    watch,
    cancel: (id: string, options?: CallOptions) => act(id, 'cancel', options),
    retry: (id: string, options?: CallOptions) => act(id, 'retry', options),
    /** The events of one job. */
    events,
  };
}
