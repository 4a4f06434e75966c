/** Imports: a file's rows, the chunks they are worked through in, and the jobs that carry them out. */
export const imports: readonly string[] = [
  `create table imports (
    id text primary key,
    client_id text not null,
    by_admin boolean not null,
    type text not null,
    mode text not null check (mode in ('create', 'upsert')),
    format text not null check (format in ('csv', 'ndjson')),
    state text not null check (state in ('receiving', 'checking', 'ready', 'running', 'paused', 'completed',
      'completed-with-failures', 'cancelled')),
    dry_run boolean not null,
    label text,
    error_budget text,
    idempotency_key text,
    fingerprint text,
    layout jsonb not null,
    paused_reason text check (paused_reason in ('by-request', 'error-budget', 'no-capacity')),
    paused_detail text,
    paused_at timestamptz,
    paused_regions text[],
    failed_before integer not null default 0,
    bell_no integer not null default 0,
    rung_at timestamptz,
    told_at timestamptz,
    rate real,
    rate_rows integer not null default 0,
    rate_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    touched_at timestamptz not null default clock_timestamp(),
    checked_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz
  ) with (fillfactor = 70)`,
  `create index imports_client on imports (client_id, id)`,
  `create index imports_open on imports (id) where finished_at is null`,
  `create unique index imports_key on imports (client_id, idempotency_key) where idempotency_key is not null`,
  // Counts are kept by chunk: a chunk is mostly written by one worker, the import's own row would be written by all. No
  // index names a count, nor the state of a row: so both change in place.
  `create table import_chunks (
    import_id text not null references imports (id) on delete cascade,
    chunk_no integer not null,
    first_row integer not null,
    last_row integer not null,
    checked boolean not null default false,
    claim_no bigint not null default 0,
    worker_id text,
    rows integer not null,
    to_create integer not null default 0,
    to_update integer not null default 0,
    unchanged integer not null default 0,
    invalid integer not null default 0,
    conflict integer not null default 0,
    changed integer not null default 0,
    pending integer not null,
    running integer not null default 0,
    done integer not null default 0,
    failed integer not null default 0,
    skipped integer not null default 0,
    seats jsonb not null default '{}',
    fees jsonb not null default '[]',
    primary key (import_id, chunk_no),
    check (least(to_create, to_update, unchanged, invalid, conflict, pending, running, done, failed, skipped) >= 0),
    check (pending + running + done + failed + skipped = rows)
  ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01)`,
  `create table import_rows (
    import_id text not null references imports (id) on delete cascade,
    row_no integer not null,
    chunk_no integer not null,
    raw text not null,
    fields jsonb not null,
    ref text,
    hash text not null,
    copy_no integer,
    verdict text check (verdict in ('create', 'update', 'unchanged', 'invalid', 'conflict')),
    state text not null default 'pending' check (state in ('pending', 'running', 'done', 'failed', 'skipped')),
    errors jsonb not null default '[]',
    warnings jsonb not null default '[]',
    job_id text,
    customer_id text,
    attempts jsonb not null default '[]',
    primary key (import_id, row_no)
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)`,
  `create index import_rows_ref on import_rows (import_id, ref, row_no) where ref is not null`,
  `create index import_rows_hash on import_rows (import_id, hash, row_no) where ref is null`,
  // Rows of a correction, until it is known whether all of it fits.
  `create table import_corrections (
    correction_id text not null,
    import_id text not null,
    row_no integer not null,
    raw text not null,
    fields jsonb not null,
    ref text,
    hash text not null,
    at timestamptz not null default clock_timestamp(),
    primary key (correction_id, row_no)
  )`,
  `create index import_corrections_at on import_corrections (at)`,
  // What was brought in once is known again by its reference, or by its content if it has none.
  `create table import_identities (
    client_id text not null,
    type text not null,
    identity text not null,
    hash text not null,
    customer_id text not null,
    import_id text not null,
    row_no integer not null,
    at timestamptz not null default clock_timestamp(),
    primary key (client_id, type, identity)
  )`,
  `alter table jobs add column import_id text, add column import_row integer`,
  `create index jobs_import on jobs (import_id, id) where import_id is not null`,
  // A taken job was claimed by whoever accepted it: it has no bell, and no place in its client's window.
  `alter table jobs drop constraint jobs_bell_check, add constraint jobs_bell_check check (bell in ('none', 'due', 'rung', 'taken'))`,
  `alter table event_entries add column import_id text`,
  `create index on event_entries (import_id, last) where import_id is not null`,
  `create or replace function append_events(batch jsonb) returns bigint language plpgsql volatile as $$
    declare last bigint;
    begin
      perform pg_advisory_xact_lock(7811, 1);
      select last_event() into last;
      insert into event_entries (last, client_id, customer_id, job_id, job_last, import_id, subject, occurred_at, common, told)
      select last + sum(jsonb_array_length(entry.told)) over (order by entry.ordinality), entry.client_id, entry.customer_id,
             entry.job_id, entry.job_last, entry.import_id, entry.subject, clock_timestamp(), entry.common, entry.told
      from rows from (jsonb_to_recordset(batch) as (client_id text, customer_id text, job_id text, job_last integer,
                      import_id text, subject text, common jsonb, told jsonb)) with ordinality as entry
                      (client_id, customer_id, job_id, job_last, import_id, subject, common, told, ordinality);
      return last_event();
    end
  $$`,
];
