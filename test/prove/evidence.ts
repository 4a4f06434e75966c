import type { Received } from '../support/consumer.ts';
import type { SentImport } from './import-load.ts';
import type { Accepted } from './load-log.ts';

/** The tables that tell what happened, as rows, and what the load and the reader saw. */
export type Evidence = {
  readonly jobs: readonly Job[];
  readonly events: readonly Event[];
  readonly seats: readonly Seat[];
  readonly containers: readonly Container[];
  readonly customers: readonly Customer[];
  readonly windows: readonly Window[];
  readonly tenants: readonly Tenant[];
  readonly effects: readonly Effect[];
  readonly calls: readonly Call[];
  readonly webhooks: readonly { readonly id: string; readonly client_id: string }[];
  /** Those of them that did not succeed; replays left out. */
  readonly deliveries: readonly Delivery[];
  readonly accepted: readonly Accepted[];
  /** How often the reader saw each event number; null when nobody read. */
  readonly seen: ReadonlyMap<number, number> | null;
  readonly subscriptions: readonly Subscription[];
  readonly imports: readonly Import[];
  readonly rows: readonly ImportedRow[];
  /** Files that were taken, and totals that did not add up when they were read. */
  readonly sent: readonly SentImport[];
  readonly sums: readonly string[];
};

type RowCounts = {
  readonly pending: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
};
type Import = RowCounts & { readonly id: string; readonly state: string };
export type ImportedRow = {
  readonly import_id: string;
  readonly row_no: number;
  readonly state: string;
  readonly job_id: string | null;
};

/** What a webhook asked for, and what its receiver took, in its order. */
export type Subscription = {
  readonly webhookId: string;
  /** The last number that was given when it was added. */
  readonly after: number;
  /** Null for all. */
  readonly names: readonly string[] | null;
  readonly receipts: readonly Pick<Received, 'sequence' | 'jobId' | 'replay'>[];
};

export type Job = {
  readonly id: string;
  readonly customer_id: string;
  readonly type: string;
  readonly state: string;
  readonly turn: number;
  readonly held: { readonly reason?: string } | null;
  readonly event_count: number;
  readonly import_id: string | null;
  readonly import_row: number | null;
};
export type Event = {
  readonly sequence: number;
  readonly name: string;
  readonly client_id: string;
  readonly customer_id: string | null;
  readonly job_id: string | null;
  readonly job_sequence: number | null;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
};
type Seat = {
  readonly container_id: string;
  readonly number: string;
  readonly customer_id: string | null;
  readonly state: string;
};
type Container = {
  readonly id: string;
  readonly capacity: number;
  readonly seats: number;
  readonly quarantined: number;
};
type Customer = {
  readonly id: string;
  readonly client_id: string;
  readonly external_ref: string | null;
  readonly service_status: string;
};
type Window = {
  readonly client_id: string;
  readonly queue: string;
  readonly outstanding: number;
  readonly rung: number;
};
type Tenant = { readonly container_id: string; readonly number: string; readonly customer_id: string };
type Deed = Tenant & { readonly id: number; readonly job_id: string; readonly claim_no: number; readonly at: number };
export type Effect = Deed & { readonly effect: string; readonly value: string | null };
type Delivery = {
  readonly webhook_id: string;
  readonly sequence: number;
  readonly state: string;
  readonly tries: number;
};
export type Call = Deed & { readonly verb: string; readonly outcome: string };

/** Something wrong, and whose it is. */
export type Offence = { readonly what: string; readonly jobId?: string; readonly customerId?: string };
/** Finds what is wrong of one kind; nothing when all is well. */
export type Counter = (evidence: Evidence) => readonly Offence[];

/** What can be asked for rows: a pool, or a client in a transaction. */
export type Source = { query(text: string): Promise<{ rows: unknown[] }> };
type Sources = Pick<Evidence, 'accepted' | 'seen'> &
  Partial<Pick<Evidence, 'subscriptions' | 'sent' | 'sums'>> & { readonly ledger: Source; readonly platform: Source };

const at = (column: string) => `(extract(epoch from ${column}) * 1000)::float8 as at`;
const place = "container_id::text, to_char(number, 'FM000') as number, customer_id";

/** Reads everything. Nothing may be running any more. */
export async function loadEvidence(sources: Sources): Promise<Evidence> {
  const { ledger, platform, accepted, seen, subscriptions = [], sent = [], sums = [] } = sources;
  const rows = async <T>(source: Source, sql: string) => (await source.query(sql)).rows as T[];
  return {
    jobs: await rows(
      ledger,
      `select id, customer_id, type, state, turn, held, event_count, import_id, import_row from jobs
       order by customer_id, turn`,
    ),
    events: await rows(
      ledger,
      `select sequence::int, name, client_id, customer_id, job_id, job_sequence, ${at('occurred_at')}, data from events order by sequence`,
    ),
    seats: await rows(ledger, 'select container_id, number, customer_id, state from seats'),
    containers: await rows(ledger, 'select id, capacity, seats, quarantined from containers'),
    customers: await rows(ledger, 'select id, client_id, external_ref, service_status from customers'),
    windows: await rows(
      ledger,
      `select client_id, queue, outstanding, (select count(*)::int from jobs j where j.client_id = w.client_id
         and j.queue = w.queue and j.bell = 'rung') as rung from bell_windows w`,
    ),
    tenants: await rows(platform, `select ${place} from tenants where not removed`),
    effects: await rows(
      platform,
      `select id::int, effect, value, ${place}, job_id, claim_no::int, ${at('at')} from effects order by id`,
    ),
    calls: await rows(
      platform,
      `select id::int, verb, outcome, ${place}, job_id, claim_no::int, ${at('at')} from calls order by id`,
    ),
    webhooks: await rows(ledger, 'select id, client_id from webhooks'),
    deliveries: await rows(
      ledger,
      `select webhook_id, sequence::int, state, jsonb_array_length(attempts) as tries from deliveries
       where state <> 'delivered' and not replay`,
    ),
    imports: await rows(
      ledger,
      `select i.id, i.state, sum(pending)::int as pending, sum(running)::int as running, sum(done)::int as done,
         sum(failed)::int as failed, sum(skipped)::int as skipped
       from imports i join import_chunks c on c.import_id = i.id group by i.id`,
    ),
    rows: await rows(ledger, 'select import_id, row_no, state, job_id from import_rows order by import_id, row_no'),
    accepted,
    seen,
    subscriptions,
    sent,
    sums,
  };
}
