import type { EventDraft } from '@qvara/contracts/events';
import { tenantDomain } from '@qvara/contracts/ids';
import type { JobState } from '@qvara/contracts/job-answer';
import { type StepName, stepDefinition } from '@qvara/contracts/steps';
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

/** An event on its way into the log; its number is given when it is appended. */
export type EventRecord = {
  readonly name: EventDraft['name'];
  readonly client_id: string;
  readonly customer_id: string | null;
  readonly job_id: string | null;
  readonly job_sequence: number | null;
  readonly data: Record<string, unknown>;
};

const ENDS: ReadonlySet<string> = new Set(['job.completed', 'job.failed', 'job.cancelled']);

/** Whether an event of this name is a job's end. */
export function tellsEnd(name: string): boolean {
  return ENDS.has(name);
}

type Moved = {
  readonly job: Pick<JobRow, 'id' | 'ownerId' | 'customerId' | 'type' | 'eventCount'>;
  readonly told: readonly (EventDraft & { readonly state: JobState })[];
};

/** The records of what a moved job tells, numbered within the job up to its `eventCount`. */
export function jobEvents(ledger: Ledger, { job, told }: Moved, seat: SeatView | null): EventRecord[] {
  // What comes after the release of a seat is told of a customer who holds none.
  const release = told.findIndex(({ name }) => name === 'container.released');
  const released = release < 0 ? told.length : release;
  return told.map((draft, index) => ({
    name: draft.name,
    client_id: job.ownerId,
    customer_id: job.customerId,
    job_id: job.id,
    job_sequence: job.eventCount - told.length + index + 1,
    data: {
      jobType: job.type,
      state: draft.state,
      scope: scopeOf(draft),
      step: draft.step ?? null,
      attempt: draft.attempt ?? null,
      ...place(ledger, index > released ? null : seat),
      ...draft.detail,
    },
  }));
}

/** The record of something that happened to a customer outside of any job. */
export function customerEvent(
  ledger: Ledger,
  customer: { readonly id: string; readonly clientId: string },
  { draft, seat }: { readonly draft: EventDraft; readonly seat: SeatView | null },
): EventRecord {
  return {
    name: draft.name,
    client_id: customer.clientId,
    customer_id: customer.id,
    job_id: null,
    job_sequence: null,
    data: {
      jobType: null,
      state: null,
      scope: 'customer',
      step: null,
      attempt: null,
      ...place(ledger, seat),
      ...draft.detail,
    },
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
export async function appendEvents(sql: Sql, records: readonly EventRecord[]): Promise<number> {
  if (records.length === 0) return 0;
  const [row] = await sql.query<{ last: number }>('select append_events($1) as last', [JSON.stringify(records)]);
  return (row as { last: number }).last;
}
