/** How long jobs of each kind take, and which of the open ones were told to take longer. */
export const jobTimes: readonly string[] = [
  `alter table jobs add column begun_at timestamptz, add column late_at timestamptz`,
  `update jobs set begun_at = started_at where state in ('running', 'waiting', 'held')`,
  `create index jobs_in_time on jobs (type, (import_id is not null), begun_at)
    where late_at is null and state in ('running', 'waiting', 'held')`,
  // Rows of an import go through their steps together, so they take another time than jobs that come alone.
  `create table job_times (
    type text not null,
    imported boolean not null,
    counts jsonb not null,
    p99_ms float8,
    late_after_ms float8,
    primary key (type, imported)
  )`,
  // Up to which event the log was looked through for jobs that completed.
  `create table job_times_read (
    up_to bigint not null,
    read_at timestamptz not null
  )`,
  `insert into job_times_read (up_to, read_at) values (0, clock_timestamp())`,
];
