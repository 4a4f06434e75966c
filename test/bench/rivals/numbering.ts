import type { Pool } from 'pg';
import type { Numbering } from './provisioner.ts';

// Each entry takes a whole number of its own of a hundred, which is more than it has events.
const UNORDERED = [
  'create sequence if not exists rival_event_numbers',
  "select setval('rival_event_numbers', last_event() / 100 + 1, false)",
  `create or replace function rival_append_events(batch jsonb) returns bigint language sql volatile as $$
    insert into event_entries (last, client_id, customer_id, job_id, job_last, occurred_at, common, told)
    select 100 * nextval('rival_event_numbers') + 99, client_id, customer_id, job_id, job_last, clock_timestamp(), common, told
    from jsonb_to_recordset(batch) as r (client_id text, customer_id text, job_id text, job_last integer, common jsonb, told jsonb);
    select 0::bigint
  $$`,
];

/** Answers the name of the function that appends events as asked; makes it where the ledger has none. */
export async function prepareAppend(ledger: Pool, numbering: Numbering = 'dense'): Promise<string> {
  if (numbering === 'dense') return 'append_events';
  for (const statement of UNORDERED) await ledger.query(statement);
  return 'rival_append_events';
}
