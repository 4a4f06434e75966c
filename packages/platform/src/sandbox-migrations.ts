/** The sandbox's tables, in the order they came. What was released is never changed: add an entry. */
export const SANDBOX_MIGRATIONS: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: '001-tenants',
    sql: `
      create table tenants (
        container_id integer not null check (container_id between 100000 and 999999),
        number smallint not null check (number between 1 and 999),
        customer_id text not null,
        domain text,
        service text not null check (service in ('inactive', 'active', 'suspended')),
        settings jsonb,
        retroactive_job_id text,
        emergency_calling boolean not null default true check (emergency_calling),
        claim_no bigint not null,
        removed boolean not null,
        primary key (container_id, number),
        check (removed or domain is not null)
      ) with (fillfactor = 70);

      create table calls (
        id bigint generated always as identity primary key,
        at timestamptz not null default clock_timestamp(),
        verb text not null,
        container_id integer not null,
        number smallint not null,
        customer_id text not null,
        job_id text not null,
        claim_no bigint not null,
        outcome text not null
      );
      comment on table calls is 'Every call that may change a tenant; outcome: ok, or the code the caller was told';

      create table effects (
        id bigint generated always as identity primary key,
        at timestamptz not null default clock_timestamp(),
        effect text not null check (effect in ('created', 'configured', 'service', 'removed')),
        value text,
        container_id integer not null,
        number smallint not null,
        customer_id text not null,
        job_id text not null,
        claim_no bigint not null
      );
      comment on table effects is 'Every real change of a tenant; a repeat that changes nothing has none';

      create table scripts (
        id bigint generated always as identity primary key,
        container_id integer not null,
        verb text not null,
        behaviour text not null check (behaviour in ('fail', 'after', 'latency')),
        code text,
        retry_after_ms integer,
        latency_ms integer,
        remaining integer check (remaining >= 0),
        check (behaviour <> 'fail' or code is not null),
        check (behaviour <> 'latency' or latency_ms is not null)
      );
      create index scripts_container on scripts (container_id);
      comment on column scripts.remaining is 'How many more items it meets; null: all';
    `,
  },
];
