// Each row changes several times and then rests for ever: left to its habit of waiting for a fifth of the table, the vacuum
// would come when the indexes of what is open consist of what is over.
const OFTEN_CHANGED = 'autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02';

/**
 * The ledger. Tables that every job writes carry no foreign keys: each would lock the row it points to at every insert,
 * and no partition of the event log could be dropped. The verbs of this package keep the references whole.
 */
export const ledger: readonly string[] = [
  `create table clients (
    id text primary key,
    name text not null,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `create table api_keys (
    id text primary key,
    client_id text not null references clients (id),
    label text,
    scopes text[] not null,
    secret_hash bytea not null unique,
    created_at timestamptz not null default clock_timestamp(),
    revoked_at timestamptz
  )`,
  `create index api_keys_client on api_keys (client_id)`,
  `create table reference_entries (
    list text not null,
    code text not null,
    position integer not null,
    entry jsonb not null,
    primary key (list, code)
  )`,
  `create table customers (
    id text primary key,
    client_id text not null,
    version integer not null,
    name text not null,
    service_type text not null,
    industry text not null,
    external_ref text,
    tags text[] not null,
    time_zone text,
    dialing_country text,
    region text,
    service_status text not null check (service_status in ('pending', 'active', 'suspended', 'disconnected')),
    suspensions jsonb not null default '[]',
    settings jsonb not null,
    porting_pin text,
    porting_pin_at timestamptz,
    activated_at timestamptz,
    provision_job_id text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  ) with (fillfactor = 80, ${OFTEN_CHANGED})`,
  `create unique index customers_living_ref on customers (client_id, external_ref)
    where external_ref is not null and service_status <> 'disconnected'`,
  `create index customers_client on customers (client_id, id)`,
  `create table sites (
    id text primary key,
    customer_id text not null,
    name text not null,
    created_at timestamptz not null
  )`,
  `create index sites_customer on sites (customer_id)`,
  `create table lanes (
    customer_id text primary key,
    next_turn integer not null
  ) with (fillfactor = 70)`,
  `create table jobs (
    id text primary key,
    client_id text not null,
    owner_id text not null,
    customer_id text not null,
    type text not null,
    queue text not null,
    external_id text,
    payload jsonb not null,
    expected_version integer,
    by_admin boolean not null,
    turn integer not null,
    state text not null check (state in ('accepted', 'running', 'waiting', 'held', 'completed', 'failed', 'cancelled')),
    phase text not null check (phase in ('forward', 'undo')),
    undo text check (undo in ('complete', 'incomplete')),
    attempt integer not null,
    steps jsonb not null,
    held jsonb,
    failure jsonb,
    failure_code text generated always as (failure ->> 'code') stored,
    result jsonb,
    fees jsonb not null default '[]',
    cancellable boolean not null,
    cancel_requested boolean not null default false,
    abandonments integer not null default 0,
    due_at timestamptz,
    accepted_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    claim_no bigint not null default 0,
    claim_token text,
    write_no integer not null default 0,
    worker_id text,
    bell text not null check (bell in ('none', 'due', 'rung')),
    bell_no integer not null,
    rung_at timestamptz,
    event_count integer not null
  ) with (fillfactor = 70, ${OFTEN_CHANGED})`,
  `create index jobs_owner on jobs (owner_id, id)`,
  `create unique index jobs_lane on jobs (customer_id, turn)`,
  `create index jobs_open on jobs (customer_id, turn) where state in ('accepted', 'running', 'waiting', 'held')`,
  `create index jobs_running on jobs (worker_id) where state = 'running'`,
  `create index jobs_due on jobs (client_id, queue, due_at) where bell = 'due'`,
  `create index jobs_rung on jobs (queue, rung_at) where bell = 'rung' and state <> 'running'`,
  `create index jobs_held on jobs (accepted_at) where state = 'held'`,
  `create index jobs_failed on jobs (owner_id, failure_code, id) where state = 'failed'`,
  `create sequence claim_numbers as bigint cache 1`,
  `create table idempotency_keys (
    client_id text not null,
    kind text not null check (kind in ('key', 'external-id')),
    key text not null,
    fingerprint text not null,
    job_id text not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (client_id, kind, key)
  )`,
  `create index idempotency_keys_age on idempotency_keys (created_at)`,
  `create table bell_windows (
    client_id text not null,
    queue text not null,
    outstanding integer not null check (outstanding >= 0),
    changed_at timestamptz not null default clock_timestamp(),
    primary key (client_id, queue)
  ) with (fillfactor = 50)`,
  `create table queue_pauses (
    queue text primary key,
    since timestamptz not null default clock_timestamp()
  )`,
  `create table containers (
    id text primary key check (id ~ '^[1-9][0-9]{5}$'),
    label text not null,
    region text not null,
    state text not null check (state in ('online', 'draining', 'offline')),
    capacity integer not null check (capacity between 1 and 999),
    seats integer not null default 0 check (seats >= 0),
    quarantined integer not null default 0 check (quarantined >= 0),
    no_free_below integer not null default 1,
    breaker_failures integer not null default 0,
    breaker_open_until timestamptz,
    created_at timestamptz not null default clock_timestamp()
  ) with (fillfactor = 50)`,
  `create table seats (
    container_id text not null references containers (id),
    number text not null check (number ~ '^[0-9]{3}$' and number <> '000'),
    customer_id text unique,
    job_id text,
    state text not null check (state in ('taken', 'stranded', 'quarantined')),
    tenant_state text not null check (tenant_state in ('reserved', 'inactive', 'active', 'suspended')),
    tenant_started boolean not null default false,
    since timestamptz not null default clock_timestamp(),
    free_at timestamptz,
    primary key (container_id, number),
    check ((state = 'quarantined') = (customer_id is null))
  ) with (fillfactor = 80, ${OFTEN_CHANGED})`,
  `create index seats_quarantined on seats (free_at) where state = 'quarantined'`,
  `create index seats_stranded on seats (container_id, number) where state = 'stranded'`,
  `create table workers (
    id text primary key,
    slots integer not null,
    shared_slots integer not null,
    beat_at timestamptz not null
  ) with (fillfactor = 50)`,
  `create table audits (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    key_id text not null,
    client_id text not null,
    action text not null,
    subject text not null,
    detail jsonb not null
  )`,
  `create function has_backlog(client text, named text) returns boolean language sql stable as $$
    select exists (select from jobs j where j.client_id = client and j.queue = named and j.bell = 'due'
                     and j.due_at <= statement_timestamp())
  $$`,
  // How many more bells of a queue a client may have outstanding, who has `own` of them now and will have `kept`. What all
  // clients have rung is what the workers can take at once, so that nobody's bell comes behind a long row of another's; each
  // client may always have an equal share of it, and what the others do not use. While somebody else is about who has no
  // backlog, a client with one gets fewer slots: the fewer jobs are under way, the sooner each of them is done.
  `create function bell_room(client text, named text, own integer, kept integer, most integer)
   returns integer language sql stable as $$
    select greatest(0, least(
      most - kept,
      greatest(ceil(pool / greatest(clients, 1)) - kept, pool - (taken - own) - kept),
      case when has_backlog(client, named) and exists (
        select from bell_windows w where w.queue = named and w.client_id <> client
          and w.changed_at > statement_timestamp() - interval '1 second' and not has_backlog(w.client_id, named))
      then shared - kept end))::integer
    from (select coalesce(sum(outstanding), 0) as taken, count(*) + (own = 0)::integer as clients from bell_windows
          where queue = named and outstanding > 0) b,
         (select greatest(8, coalesce(sum(slots), 0))::numeric as pool, greatest(1, coalesce(sum(shared_slots), 0)) as shared
          from workers where beat_at > statement_timestamp() - interval '1 minute') w
  $$`,
  // Frees places in clients' windows and rings what is due in them, the longest due first. One call instead of four
  // statements, so that it can travel with the commit.
  `create function ring_due(clients text[], queues text[], freed integer[], most integer)
   returns table (queue text, job_id text, bell_no integer) language plpgsql volatile as $$
    #variable_conflict use_column
    declare
      own record;
      moment timestamptz := clock_timestamp();
      room integer;
      rung integer;
    begin
      insert into bell_windows (client_id, queue, outstanding)
        select k.client_id, k.queue, 0 from unnest(clients, queues) as k (client_id, queue)
        where not exists (select from bell_windows w where w.client_id = k.client_id and w.queue = k.queue)
        order by 1, 2 on conflict do nothing;
      for own in
        select w.client_id, w.queue, w.outstanding, greatest(w.outstanding - k.freed, 0) as kept
        from unnest(clients, queues, freed) as k (client_id, queue, freed) join bell_windows w using (client_id, queue)
        order by w.client_id, w.queue for update of w
      loop
        room := bell_room(own.client_id, own.queue, own.outstanding, own.kept, most);
        return query
          with chosen as (
            select j.id from jobs j
            where j.client_id = own.client_id and j.queue = own.queue and j.bell = 'due' and j.due_at <= moment
            order by j.due_at limit room for update skip locked)
          update jobs j set bell = 'rung', bell_no = j.bell_no + 1, rung_at = clock_timestamp()
          from chosen where j.id = chosen.id returning own.queue, j.id, j.bell_no;
        get diagnostics rung = row_count;
        if own.outstanding <> own.kept + rung then
          update bell_windows w set outstanding = own.kept + rung, changed_at = moment
            where w.client_id = own.client_id and w.queue = own.queue;
        end if;
      end loop;
    end
  $$`,
];
