import type { EventDraft, EventName } from '@qvara/contracts/events';
import { tenantDomain } from '@qvara/contracts/ids';
import type { JobState } from '@qvara/contracts/job-answer';
import { type StepName, stepDefinition } from '@qvara/contracts/steps';
import type { ToldEvent } from './entities/event-entry.ts';
import type { JobRow } from './entities/job.ts';
import type { Ledger } from './orm.ts';
import type { Sql } from './sql.ts';

/** The seat a job's customer holds, as events tell it. */
export type SeatView = {
  readonly containerId: string;
  readonly containerLabel: string;
  readonly containerRegion: string;
  readonly number: string;
  readonly tenantState: 'reserved' | 'inactive' | 'active' | 'suspended';
  readonly tenantStarted: boolean;
};

/** Events on their way into the log: what was told together and shares all of this. Their numbers are given when they are appended. */
export type EventDrafts = {
  readonly client_id: string;
  readonly customer_id: string | null;
  readonly job_id: string | null;
  /** The import that they are of, or whose row their job carries out. */
  readonly import_id?: string;
  /** The number of the last of them within the job. */
  readonly job_last: number | null;
  /** Whom they are about, when that is no job. */
  readonly subject?: string;
  readonly common: Readonly<Record<string, unknown>>;
  readonly told: readonly ToldEvent[];
};

export const ENDS: readonly EventName[] = ['job.completed', 'job.failed', 'job.cancelled'];

/** Whether a job's end is among these events. */
export function tellsEnd({ told }: EventDrafts): boolean {
  return told.some(({ name }) => ENDS.includes(name));
}

type Moved = {
  readonly job: Pick<JobRow, 'id' | 'ownerId' | 'customerId' | 'type' | 'eventCount' | 'importId'>;
  readonly told: readonly (EventDraft & { readonly state: JobState })[];
};

/** What a moved job tells, numbered within the job up to its `eventCount`. */
export function jobEvents(ledger: Ledger, { job, told }: Moved, seat: SeatView | null): EventDrafts[] {
  const { ownerId: client_id, customerId: customer_id, id: job_id, type: jobType, eventCount, importId } = job;
  const whose = { client_id, customer_id, job_id, ...(importId !== null && { import_id: importId }) };
  // What comes after the release of a seat is told of a customer who holds none.
  const release = told.findIndex(({ name }) => name === 'container.released');
  const released = release < 0 ? told.length : release + 1;
  return [
    { drafts: told.slice(0, released), job_last: eventCount - told.length + released, of: seat },
    { drafts: told.slice(released), job_last: eventCount, of: null },
  ].flatMap(({ drafts, job_last, of }) => {
    if (drafts.length === 0) return [];
    const common = { jobType, ...place(ledger, of) };
    return [{ ...whose, job_last, common, told: drafts.map(toldOf) }];
  });
}

function toldOf(draft: EventDraft & { readonly state: JobState }): ToldEvent {
  const { name, state, step, attempt, detail } = draft;
  return {
    name,
    state,
    scope: scopeOf(draft),
    ...(step && { step }),
    ...(attempt !== undefined && { attempt }),
    ...detail,
  };
}

/** Something that happened to a customer outside of any job. */
export function customerEvent(
  ledger: Ledger,
  customer: { readonly id: string; readonly clientId: string },
  { draft: { name, detail }, seat }: { readonly draft: EventDraft; readonly seat: SeatView | null },
): EventDrafts {
  return {
    client_id: customer.clientId,
    customer_id: customer.id,
    job_id: null,
    job_last: null,
    common: { jobType: null, ...place(ledger, seat) },
    told: [{ name, state: null, scope: 'customer', ...detail }],
  };
}

function place(ledger: Ledger, seat: SeatView | null) {
  if (seat === null) return { container: null, tenant: null };
  return {
    container: { id: seat.containerId, label: seat.containerLabel },
    tenant: {
      number: seat.number,
      domain: tenantDomain(seat.containerId, seat.number, ledger.sipDomain),
      state: seat.tenantState,
    },
  };
}

function scopeOf(draft: EventDraft): string {
  if (draft.name.startsWith('step.')) return stepDefinition(draft.step as StepName).scope;
  const noun = draft.name.split('.')[0];
  if (noun === 'container' || noun === 'tenant' || noun === 'job') return noun;
  return 'customer';
}

/** Appends to the log as the last act of a transaction. Answers the number of the last event, 0 when there is none. */
export async function appendEvents(sql: Sql, records: readonly EventDrafts[]): Promise<number> {
  if (records.length === 0) return 0;
  const [row] = await sql.query<{ last: number }>('select append_events($1) as last', [JSON.stringify(records)]);
  return (row as { last: number }).last;
}
