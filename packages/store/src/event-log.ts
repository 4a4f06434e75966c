import { type CloudEvent, type EventData, type EventName, eventType } from '@qvara/contracts/events';
import { CodedError } from '@qvara/contracts/failure';
import type { EventRow } from './entities/event.ts';
import { tellsEnd } from './events.ts';
import type { Ledger } from './orm.ts';
import { sqlOn } from './sql.ts';
import { type Viewer, visibleClient } from './viewer.ts';

export type EventQuery = {
  /** Events with greater numbers only. */
  readonly after: number;
  readonly limit: number;
  readonly names?: readonly EventName[];
  readonly jobId?: string;
  readonly customerId?: string;
};

/**
 * A page of the log in its order. Numbers are dense and become visible in order, so a reader that goes on from the last
 * number it saw misses nothing. Throws `events-expired` when events after `after` are no longer kept.
 */
export async function readEvents(ledger: Ledger, viewer: Viewer, query: EventQuery): Promise<CloudEvent[]> {
  const sql = sqlOn(ledger.pool);
  const rows = await sql.query<EventRow>(
    `select * from events where sequence > $1 and ($2::text is null or client_id = $2)
       and ($3::text is null or job_id = $3) and ($4::text is null or customer_id = $4) and ($5::text[] is null or name = any($5))
     order by sequence limit $6`,
    [
      query.after,
      visibleClient(viewer),
      query.jobId ?? null,
      query.customerId ?? null,
      query.names ?? null,
      query.limit,
    ],
  );
  const [kept] = await sql.query<{ oldest: number | null }>('select min(sequence) as oldest from events');
  const oldest = kept?.oldest ?? 1;
  if (query.after + 1 < oldest && query.jobId === undefined) {
    throw new CodedError('events-expired', `Events before number ${oldest} are no longer kept.`, { oldest });
  }
  return rows.map(cloudEvent);
}

/** The number of the last event, 0 in an empty log. */
export async function lastEventNumber(ledger: Ledger): Promise<number> {
  const [row] = await sqlOn(ledger.pool).query<{ last: number }>(
    'select coalesce(max(sequence), 0) as last from events',
  );
  return row?.last ?? 0;
}

const LOOK_AT = 5_000;

type Ended = { readonly last: number; readonly jobIds: readonly string[]; readonly more: boolean };

/** The ids of jobs whose end is told by events after a number, how far that goes, and whether the log goes further. */
export async function findEnded(ledger: Ledger, after: number): Promise<Ended> {
  const rows = await sqlOn(ledger.pool).query<{ sequence: number; jobId: string | null; name: EventName }>(
    'select sequence, job_id, name from events where sequence > $1 order by sequence limit $2',
    [after, LOOK_AT],
  );
  const ended = rows.filter(({ name }) => tellsEnd(name));
  return {
    last: rows.at(-1)?.sequence ?? after,
    jobIds: ended.flatMap(({ jobId }) => jobId ?? []),
    more: rows.length === LOOK_AT,
  };
}

function cloudEvent(row: EventRow): CloudEvent {
  const { sequence, jobSequence, jobId, customerId } = row;
  return {
    specversion: '1.0',
    id: String(sequence),
    source: '/qvara/provisioning',
    type: eventType(row.name),
    subject: jobId,
    time: row.occurredAt,
    datacontenttype: 'application/json',
    data: { sequence, jobSequence, jobId, customerId, ...row.data } as EventData,
  };
}
