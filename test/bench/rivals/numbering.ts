import type { Pool } from 'pg';
import type { Numbering } from './provisioner.ts';

const UNORDERED = [
  'create sequence if not exists rival_event_numbers',
  `select setval('rival_event_numbers', coalesce(max(sequence), 0) + 1, false) from events`,
  `create or replace function rival_append_events(batch jsonb) returns bigint language sql volatile as $$
    insert into events (sequence, name, client_id, customer_id, job_id, job_sequence, occurred_at, data)
    select nextval('rival_event_numbers'), name, client_id, customer_id, job_id, job_sequence, clock_timestamp(), data
    from jsonb_to_recordset(batch) as r (name text, client_id text, customer_id text, job_id text, job_sequence integer, data jsonb);
    select 0::bigint
  $$`,
];

/** Answers the name of the function that appends events as asked; makes it where the ledger has none. */
export async function prepareAppend(ledger: Pool, numbering: Numbering = 'dense'): Promise<string> {
  if (numbering === 'dense') return 'append_events';
  for (const statement of UNORDERED) await ledger.query(statement);
  return 'rival_append_events';
}
