import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { EventName } from '@qvara/contracts/events';
import type { Row } from './row.ts';
import { Timestamp } from './timestamp.ts';

export const Event = defineEntity({
  name: 'Event',
  tableName: 'events',
  properties: {
    sequence: p.bigint('number').primary(),
    name: p.text().$type<EventName>(),
    clientId: p.text(),
    customerId: p.text().nullable(),
    jobId: p.text().nullable(),
    jobSequence: p.integer().nullable(),
    occurredAt: p.type(Timestamp).$type<string>(),
    data: p.json<Record<string, unknown>>(),
  },
});
export type EventRow = Row<InferEntity<typeof Event>>;
