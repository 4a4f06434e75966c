import { EVENT_NAMES, type EventName, eventSchema, eventType } from '@qvara/contracts/events';
import { customerId, jobId } from '@qvara/contracts/ids';
import { type EventQuery, lastEventNumber, readEvents } from '@qvara/store/event-log';
import { loadJob } from '@qvara/store/jobs';
import { z } from 'zod';
import { limit } from './paging.ts';
import type { Parts } from './parts.ts';
import { given, wholeNumber } from './query-fields.ts';
import { type Asked, type Reply, route } from './route.ts';

const FULL_NAMES = new Map<string, EventName>(
  EVENT_NAMES.flatMap((name) => [
    [name, name],
    [eventType(name), name],
  ]),
);

const type = z
  .array(z.enum([...FULL_NAMES.keys()]))
  .max(100)
  .transform((names) => [...new Set(names.map((name) => FULL_NAMES.get(name) as EventName))])
  .optional()
  .meta({
    description: 'Only events of these types, as `job.completed` or `qvara.job.completed.v1`; repeated or with commas',
  });
const after = wholeNumber(0, 999_999_999_999_999)
  .default(0)
  .meta({
    description: 'Only events with greater numbers; the `next` of the page before',
    example: 0,
    override: { default: 0 },
  });

const union = z.discriminatedUnion(
  'type',
  EVENT_NAMES.map((name) => eventSchema(name).meta({ id: `event.${name}` })) as never,
);
const eventPage = z.strictObject({
  items: z.array(union),
  next: z.string().meta({ description: 'The number to go on from (`after`), also when there is nothing new' }),
});

type Query = { readonly after: number; readonly limit: number; readonly type?: EventName[] | undefined };

async function answerEvents(
  { ledger }: Parts,
  { viewer, query }: Pick<Asked<unknown, Query>, 'viewer' | 'query'>,
): Promise<Reply> {
  const { type: names, ...rest } = query;
  // Read before the page: whatever has a number up to it and fits is in the page, if the page is not full.
  const last = await lastEventNumber(ledger);
  const items = await readEvents(ledger, viewer, given({ ...rest, names }) as EventQuery);
  const seen = items.at(-1)?.data.sequence ?? query.after;
  const next = items.length < query.limit ? Math.max(seen, query.after, last) : seen;
  return { status: 200, body: { items, next: String(next) } };
}

const tag = 'Events';

export const EVENT_ROUTES = [
  route({
    method: 'get',
    path: '/v1/events',
    id: 'listEvents',
    tag,
    scope: 'jobs:read',
    summary: 'Read events in their order',
    description: 'Numbers are dense and become visible in order: a reader that goes on from `next` misses nothing.',
    query: z.strictObject({ after, limit, type, jobId: jobId.optional(), customerId: customerId.optional() }),
    answers: { 200: { description: 'A page of events (CloudEvents 1.0)', schema: eventPage } },
    refusals: ['events-expired'],
    handle: answerEvents,
  }),
  route({
    method: 'get',
    path: '/v1/jobs/{id}/events',
    id: 'listJobEvents',
    tag,
    scope: 'jobs:read',
    summary: 'Read the events of a job',
    params: z.strictObject({ id: jobId }),
    query: z.strictObject({ after, limit, type }),
    answers: { 200: { description: 'A page of events (CloudEvents 1.0)', schema: eventPage } },
    handle: async (parts, { viewer, query, path }) => {
      await loadJob(parts.ledger, viewer, path.id);
      return await answerEvents(parts, { viewer, query: { ...query, jobId: path.id } as Query });
    },
  }),
];
