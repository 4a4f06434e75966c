/**
 * The event log: entries, each with the events of one job or customer that were written together, in partitions by number
 * that are dropped when they are old. `events` shows them one by one, for whoever reads the ledger by hand.
 */
export const events: readonly string[] = [
  `create table event_entries (
    last bigint not null,
    client_id text not null,
    customer_id text,
    job_id text,
    job_last integer,
    subject text,
    occurred_at timestamptz not null,
    common jsonb not null,
    told jsonb not null,
    primary key (last)
  ) partition by range (last)`,
  `create index on event_entries (client_id, last)`,
  `create index on event_entries (customer_id, last) where customer_id is not null`,
  `create index on event_entries (job_id, last) where job_id is not null`,
  `create table event_entries_1 partition of event_entries for values from (1) to (10000000)`,
  `create table event_entries_10000000 partition of event_entries for values from (10000000) to (20000000)`,
  `create view events as
    select e.last - jsonb_array_length(e.told) + t.n as sequence, t.told ->> 'name' as name, e.client_id, e.customer_id, e.job_id,
      e.job_last - jsonb_array_length(e.told) + t.n::integer as job_sequence, e.subject, e.occurred_at,
      '{"step": null, "attempt": null}' || e.common || (t.told - 'name') as data
    from event_entries e, jsonb_array_elements(e.told) with ordinality as t (told, n)`,
  `create function last_event() returns bigint language sql stable as $$
    select coalesce((select last from event_entries order by last desc limit 1), 0)
  $$`,
  // The lock is held to the end of the transaction and the numbers are read by a statement that starts after it was
  // got: so numbers are dense and become visible in their order. A sequence would skip on a crash and show them out of
  // order; the newest partition with anything in it is never dropped, so the greatest number stays known.
  `create function append_events(batch jsonb) returns bigint language plpgsql volatile as $$
    declare last bigint;
    begin
      perform pg_advisory_xact_lock(7811, 1);
      select last_event() into last;
      insert into event_entries (last, client_id, customer_id, job_id, job_last, subject, occurred_at, common, told)
      select last + sum(jsonb_array_length(entry.told)) over (order by entry.ordinality), entry.client_id, entry.customer_id,
             entry.job_id, entry.job_last, entry.subject, clock_timestamp(), entry.common, entry.told
      from rows from (jsonb_to_recordset(batch) as (client_id text, customer_id text, job_id text, job_last integer,
                      subject text, common jsonb, told jsonb)) with ordinality as entry
                      (client_id, customer_id, job_id, job_last, subject, common, told, ordinality);
      return last_event();
    end
  $$`,
];
