import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { EventName } from '@qvara/contracts/events';
import type { Row } from './row.ts';
import { Timestamp } from './timestamp.ts';

/** An event within its entry: its name, and what it tells besides what the entry says of all. */
export type ToldEvent = { readonly name: EventName } & Readonly<Record<string, unknown>>;

/** Events that came about together and share what they tell of: one row, however many they are. */
export const EventEntry = defineEntity({
  name: 'EventEntry',
  tableName: 'event_entries',
  properties: {
    /** Number of the last of its events; those before it have the numbers right before. */
    last: p.bigint('number').primary(),
    clientId: p.text(),
    customerId: p.text().nullable(),
    jobId: p.text().nullable(),
    importId: p.text().nullable(),
    /** Number of the last of its events within the job. */
    jobLast: p.integer().nullable(),
    /** Whom its events are about, when that is no job. */
    subject: p.text().nullable(),
    occurredAt: p.type(Timestamp).$type<string>(),
    common: p.json<Readonly<Record<string, unknown>>>(),
    told: p.json<readonly ToldEvent[]>(),
  },
});
export type EventEntryRow = Row<InferEntity<typeof EventEntry>>;
