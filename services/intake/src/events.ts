import { EVENT_NAMES, eventSchema } from '@qvara/contracts/events';
import { jobId } from '@qvara/contracts/ids';
import { readEvents } from '@qvara/store/event-log';
import { loadJob } from '@qvara/store/jobs';
import { z } from 'zod';
import { type EventWish, eventFields, jobEventFields, lastEventId, ledgerQuery } from './event-query.ts';
import { openEventStream } from './event-stream.ts';
import { limit } from './paging.ts';
import type { Parts } from './parts.ts';
import { type Asked, type Reply, route } from './route.ts';

const union = z.discriminatedUnion(
  'type',
  EVENT_NAMES.map((name) => eventSchema(name).meta({ id: `event.${name}` })) as never,
);
const eventPage = z.strictObject({
  items: z.array(union),
  next: z.string().meta({ description: 'The number to go on from (`after`), also when there is nothing new' }),
  more: z.boolean().meta({
    description:
      'Whether there may be more already; of types that are rare a page may have few events, or none, and more',
  }),
});

type Wish = EventWish & { readonly limit: number };

async function answerEvents({ ledger }: Parts, { viewer, query }: Pick<Asked<unknown, Wish>, 'viewer' | 'query'>) {
  const { events: items, reached, more } = await readEvents(ledger, viewer, ledgerQuery(query, query.limit));
  return { status: 200, body: { items, next: String(reached), more } } satisfies Reply;
}

const tag = 'Events';
const headers = z.strictObject({ 'Last-Event-ID': lastEventId });
const answers = {
  200: {
    description:
      'A page of events (CloudEvents 1.0); with `Accept: text/event-stream` a stream of them that does not end',
    schema: eventPage,
    stream: 'Each event as its number (`id`), its type (`event`) and itself as JSON (`data`)',
  },
};

export const EVENT_ROUTES = [
  route({
    method: 'get',
    path: '/v1/events',
    id: 'listEvents',
    tag,
    scope: 'jobs:read',
    summary: 'Read events in their order, or follow them',
    description:
      'Numbers are dense and become visible in order: a reader that goes on from `next`, or from the last `id` of a stream, misses nothing. `limit` is of pages only.',
    query: z.strictObject({ ...eventFields, limit }),
    headers,
    answers,
    refusals: ['events-expired', 'too-many-streams'],
    handle: answerEvents,
    stream: (parts, { query, ...asked }) => openEventStream(parts, asked, query),
  }),
  route({
    method: 'get',
    path: '/v1/jobs/{id}/events',
    id: 'listJobEvents',
    tag,
    scope: 'jobs:read',
    summary: 'Read the events of a job, or follow them',
    description: 'A stream goes on after the end of the job: it may be retried.',
    params: z.strictObject({ id: jobId }),
    query: z.strictObject({ ...jobEventFields, limit }),
    headers,
    answers,
    refusals: ['too-many-streams'],
    handle: async (parts, { viewer, query, path }) => {
      await loadJob(parts.ledger, viewer, path.id);
      return await answerEvents(parts, { viewer, query: { ...query, jobId: path.id } });
    },
    stream: async (parts, { query, path, ...asked }) => {
      await loadJob(parts.ledger, asked.viewer, path.id);
      return await openEventStream(parts, asked, { ...query, jobId: path.id });
    },
  }),
];
