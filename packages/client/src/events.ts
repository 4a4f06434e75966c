import type { CloudEvent, EventName } from '@qvara/contracts/events';
import { followBatches } from './follow.ts';
import type { Query } from './target.ts';
import type { CallOptions, Transport } from './transport.ts';

export type EventFilter = {
  /** Only these types, as `job.completed` or `qvara.job.completed.v1`. */
  readonly type?: readonly (EventName | `qvara.${EventName}.v1`)[] | undefined;
};
export type LogFilter = EventFilter & {
  readonly jobId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly importId?: string | undefined;
};
export type EventPlace = {
  /** Only events with greater numbers; from the first on without it. */
  readonly after?: number | undefined;
};
export type EventPage = {
  readonly items: readonly CloudEvent[];
  /** The number to go on from, also when there is nothing new. */
  readonly next: string;
  /** Whether there may be more already. */
  readonly more: boolean;
};

const LONGEST_PAGE = 200;
/** Names no job: asked for its events, the log answers none and how far it goes. */
const NO_JOB = 'job_00000000000000000000000000';

/** Events at a path, in their order. */
export function eventsAt<Filter extends EventFilter>(transport: Transport, path: string) {
  type Wish = Filter & EventPlace;
  const page = (wish: Wish & { readonly limit?: number | undefined }, options?: CallOptions) =>
    transport.json<EventPage>({ method: 'GET', path, query: wish as Query, repeatable: true, ...options });
  const batches = (wish: Wish, options?: CallOptions) => followBatches(transport, { path, wish, ...options });

  return {
    page,
    /** The events so far: ends where the log does. */
    async *list(wish: Wish, options?: CallOptions): AsyncGenerator<CloudEvent, void, undefined> {
      for (let { after } = wish as EventPlace; ; ) {
        const { items, next, more } = await page({ ...wish, after, limit: LONGEST_PAGE }, options);
        yield* items;
        if (!more) return;
        after = Number(next);
      }
    },
    /**
     * Every event from a place on, each once and in order, until the signal aborts: it connects again by itself and goes on
     * from the last event it has handed out. Throws ProblemError when it is refused, such as by `events-expired`, and
     * UnreachableError when it cannot connect the first time.
     */
    async *follow(wish: Wish, options?: CallOptions): AsyncGenerator<CloudEvent, void, undefined> {
      for await (const events of batches(wish, options)) yield* events;
    },
    /** The same, as they come: all that were read at once. */
    followBatches: batches,
  };
}

/** The events of all jobs that one may see. */
export function eventCalls(transport: Transport) {
  const log = eventsAt<LogFilter>(transport, '/v1/events');
  return {
    ...log,
    /** The number of the newest event, 0 before the first: what is followed from there is what happens from now on. */
    async newest(options?: CallOptions): Promise<number> {
      return Number((await log.page({ jobId: NO_JOB, limit: 1 }, options)).next);
    },
  };
}
