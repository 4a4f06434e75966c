import type { EventName } from '@qvara/contracts/events';
import { customerId, importId, jobId } from '@qvara/contracts/ids';
import { EVENT_TYPE_NAMES } from '@qvara/contracts/webhooks';
import type { EventQuery } from '@qvara/store/event-log';
import { z } from 'zod';
import { given, wholeNumber } from './query-fields.ts';

const NEWEST = 999_999_999_999_999;

const type = z
  .array(z.enum([...EVENT_TYPE_NAMES.keys()]))
  .max(100)
  .transform((names) => [...new Set(names.map((name) => EVENT_TYPE_NAMES.get(name) as EventName))])
  .optional()
  .meta({
    description: 'Only events of these types, as `job.completed` or `qvara.job.completed.v1`; repeated or with commas',
  });
const after = wholeNumber(0, NEWEST)
  .default(0)
  .meta({
    description: 'Only events with greater numbers; the `next` of the page before',
    example: 0,
    override: { default: 0 },
  });

export const jobEventFields = { after, type };
export const eventFields = {
  ...jobEventFields,
  jobId: jobId.optional(),
  customerId: customerId.optional(),
  importId: importId.optional().meta({ description: 'Only events of this import, and of the jobs of its rows' }),
};

export const lastEventId = wholeNumber(0, NEWEST).optional().meta({
  description:
    'Of a stream: the number of the last event that was received. It goes on from there, whatever `after` says.',
  example: 42,
});

/** The wish as the ledger is asked. */
export function ledgerQuery({ type: names, ...wish }: EventWish, limit: number): EventQuery {
  return given({ ...wish, names, limit }) as EventQuery;
}

/** Which events are asked for, and from where on. */
export type EventWish = {
  readonly after: number;
  readonly type?: EventName[] | undefined;
  readonly jobId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly importId?: string | undefined;
};
