import { type CloudEvent, type EventData, type EventName, eventType } from '@qvara/contracts/events';
import { CodedError } from '@qvara/contracts/failure';
import type { EventEntryRow } from './entities/event-entry.ts';
import type { LiveEvent } from './event-ring.ts';
import { ENDS } from './events.ts';
import type { Ledger } from './orm.ts';
import { type Sql, sqlOn } from './sql.ts';
import { type Viewer, visibleClient } from './viewer.ts';

export type EventQuery = {
  /** Events with greater numbers only. */
  readonly after: number;
  readonly limit: number;
  readonly names?: readonly EventName[];
  readonly jobId?: string;
  readonly customerId?: string;
  /** Events of this import, and of the jobs that carry out its rows. */
  readonly importId?: string;
};

export type EventPage = {
  readonly events: readonly CloudEvent[];
  /** The number to go on from: whatever fits and has a number up to it is in this page, or in one before. */
  readonly reached: number;
  /** Whether there may be more of it already. */
  readonly more: boolean;
};

/** How many entries are looked through for types of events: those asked for may be rare in a long log. */
const LOOKED_THROUGH = 5_000;

/**
 * A page of the log in its order. Numbers are dense and become visible in order, so a reader that goes on from where the
 * page leads misses nothing. A page of some types may be empty, and lead on. Throws `events-expired` when events after
 * `after` are no longer kept.
 */
export async function readEvents(ledger: Ledger, viewer: Viewer, query: EventQuery): Promise<EventPage> {
  const { after, limit, names } = query;
  const sql = sqlOn(ledger.pool);
  // Read before the page: what has a number up to it is there to be found.
  const last = await lastEventNumber(ledger);
  const whose = [after, visibleClient(viewer), query.jobId ?? null, query.customerId ?? null, query.importId ?? null];
  const lookedTo = names === undefined ? null : await findPlace(sql, whose);
  // Each entry that is found has at least one of the events asked for.
  const entries = await sql.query<EventEntryRow>(
    `select * from event_entries e where ${WHOSE} and ($6::bigint is null or last <= $6)
       and ($7::text[] is null or exists (
         select from jsonb_array_elements(e.told) with ordinality as t (told, n)
         where t.told ->> 'name' = any($7) and e.last - jsonb_array_length(e.told) + t.n > $1))
     order by last limit $8`,
    [...whose, lookedTo, names ?? null, limit],
  );
  const oldest = await oldestEventNumber(sql);
  if (after + 1 < oldest && query.jobId === undefined) {
    throw new CodedError('events-expired', `Events before number ${oldest} are no longer kept.`, { oldest });
  }
  const wanted = names && new Set<string>(names.map(eventType));
  const events = entries
    .flatMap(cloudEvents)
    .filter(({ data, type }) => data.sequence > after && (wanted?.has(type) ?? true))
    .slice(0, limit);
  const seen = events.at(-1)?.data.sequence ?? after;
  if (events.length === limit) return { events, reached: seen, more: true };
  return { events, reached: lookedTo ?? Math.max(seen, last), more: lookedTo !== null };
}

const WHOSE = `last > $1 and ($2::text is null or client_id = $2) and ($3::text is null or job_id = $3)
  and ($4::text is null or customer_id = $4) and ($5::text is null or import_id = $5)`;

/** Where the entries end that are looked through at once; null when that is the end of the log. */
async function findPlace(sql: Sql, whose: readonly unknown[]): Promise<number | null> {
  const [row] = await sql.query<{ last: number }>(
    `select last from event_entries where ${WHOSE} order by last offset ${LOOKED_THROUGH - 1} limit 1`,
    whose,
  );
  return row?.last ?? null;
}

/** A client's events by their numbers, as far as they are kept; however far apart, each is looked up. */
export async function readEventsByNumber(
  ledger: Ledger,
  clientId: string,
  numbers: readonly number[],
): Promise<Map<number, CloudEvent>> {
  const wanted = new Set(numbers);
  const entries = await sqlOn(ledger.pool).query<EventEntryRow>(
    `select * from event_entries where last in (
       select (select e.last from event_entries e where e.client_id = $1 and e.last >= n order by e.last limit 1)
       from unnest($2::bigint[]) n)`,
    [clientId, [...wanted]],
  );
  const events = entries.flatMap(cloudEvents).filter(({ data }) => wanted.has(data.sequence));
  return new Map(events.map((event) => [event.data.sequence, event]));
}

/** The number of the oldest event that is kept, 1 in an empty log. */
export async function oldestEventNumber(sql: Sql): Promise<number> {
  const [kept] = await sql.query<{ oldest: number }>(
    'select last - jsonb_array_length(told) + 1 as oldest from event_entries order by last limit 1',
  );
  return kept?.oldest ?? 1;
}

/** The number of the last event, 0 in an empty log. */
export async function lastEventNumber(ledger: Ledger): Promise<number> {
  const [row] = await sqlOn(ledger.pool).query<{ last: number }>('select last_event() as last');
  return row?.last ?? 0;
}

/** Entries that are read at once by who follows the log. */
const LOOK_AT = 2_000;

/** What follows in the log: how far it goes, the jobs whose ends it tells, and whether there is more. */
export type Following = { readonly last: number; readonly ended: readonly string[]; readonly more: boolean };

type Look = Pick<EventEntryRow, 'last' | 'jobId'> & { readonly ends: boolean };

const endsSql = "exists (select from jsonb_array_elements(told) t where t ->> 'name' = any($3)) as ends";

/** Looks at what follows an event without reading the events themselves. */
export async function findEnded(ledger: Ledger, after: number): Promise<Following> {
  const rows = await sqlOn(ledger.pool).query<Look>(
    `select last, job_id, ${endsSql} from event_entries where last > $1 order by last limit $2`,
    [after, LOOK_AT, ENDS],
  );
  return following(rows, after);
}

/** Reads what follows an event, whoever's it is. */
export async function readOn(ledger: Ledger, after: number): Promise<Following & { readonly events: LiveEvent[] }> {
  const rows = await sqlOn(ledger.pool).query<EventEntryRow & Look>(
    `select *, ${endsSql} from event_entries where last > $1 order by last limit $2`,
    [after, LOOK_AT, ENDS],
  );
  const events = rows.flatMap((row) => cloudEvents(row).map((event) => ({ clientId: row.clientId, event })));
  return { ...following(rows, after), events };
}

function following(rows: readonly Look[], after: number): Following {
  return {
    last: rows.at(-1)?.last ?? after,
    ended: rows.flatMap(({ jobId, ends }) => (ends && jobId !== null ? [jobId] : [])),
    more: rows.length === LOOK_AT,
  };
}

/** The events of an entry, as the interface answers them. */
function cloudEvents(entry: EventEntryRow): CloudEvent[] {
  const { last, jobLast, jobId, customerId, importId, subject, occurredAt, common, told } = entry;
  return told.map(({ name, ...own }, index) => {
    const back = told.length - 1 - index;
    const sequence = last - back;
    const jobSequence = jobLast === null ? null : jobLast - back;
    const numbers = { sequence, jobSequence, jobId, customerId, importId };
    return {
      specversion: '1.0',
      id: String(sequence),
      source: '/qvara/provisioning',
      type: eventType(name),
      subject: subject ?? jobId,
      time: occurredAt,
      datacontenttype: 'application/json',
      data: { ...numbers, step: null, attempt: null, ...common, ...own } as unknown as EventData,
    };
  });
}
