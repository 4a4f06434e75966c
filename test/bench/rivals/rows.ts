import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';

/** What a ledger holds for each of its jobs. */
export type RowsPerJob = {
  /** Rows by table; `containers` counts seats, since their rows are there beforehand. */
  readonly rows: Readonly<Record<string, number>>;
  /** Events by name. */
  readonly events: Readonly<Record<string, number>>;
  /** Of all data of a job's events, and of the jobs' own documents (payload, steps, result). */
  readonly eventBytes: number;
  readonly jobBytes: number;
};

const TABLES = ['customers', 'sites', 'lanes', 'jobs', 'seats', 'events', 'idempotency_keys'];
/** How far sizes may differ: numbers, labels and reasons are not equally long. */
const TOLERANCE = 0.05;

/** Counts what was written for each job of a ledger in which nothing is under way. */
export async function countRows(ledger: Pool): Promise<RowsPerJob> {
  const counts = TABLES.map((table) => `(select count(*)::float8 from ${table}) as ${table}`);
  const { rows } = await ledger.query<Record<string, number>>(
    `select ${counts.join(', ')}, (select coalesce(sum(seats), 0)::float8 from containers) as containers,
       (select sum(octet_length(data::text))::float8 from events where job_id is not null) as event_bytes,
       (select sum(octet_length(concat(payload, steps, result)))::float8 from jobs) as job_bytes`,
  );
  const { event_bytes: eventBytes = 0, job_bytes: jobBytes = 0, ...tables } = rows[0] as Record<string, number>;
  const names = await ledger.query<{ name: string; count: number }>(
    'select name, count(*)::float8 as count from events group by name order by name',
  );
  const jobs = tables.jobs ?? 0;
  const each = (entries: readonly (readonly [string, number])[]) =>
    Object.fromEntries(entries.map(([name, count]) => [name, count / jobs]));
  return {
    rows: each(Object.entries(tables)),
    events: each(names.rows.map(({ name, count }) => [name, count])),
    eventBytes: eventBytes / jobs,
    jobBytes: jobBytes / jobs,
  };
}

/** Throws unless a rival has written for each job the rows and events that the product has, of about the same size. */
export function demandSameRows(name: string, written: RowsPerJob, expected: RowsPerJob): void {
  const far = (['eventBytes', 'jobBytes'] as const).filter(
    (size) => Math.abs(written[size] - expected[size]) > TOLERANCE * expected[size],
  );
  const { rows, events } = written;
  if (far.length === 0 && isDeepStrictEqual({ rows, events }, { rows: expected.rows, events: expected.events })) return;
  throw new Error(`${name} wrote ${JSON.stringify(written)} for each job, and not ${JSON.stringify(expected)}`);
}

/** How many numbers are missing in the event log, and how many jobs' own numbers have gaps. */
export async function countGaps(ledger: Pool): Promise<number> {
  const { rows } = await ledger.query<{ gaps: number }>(
    `select (max(sequence) - count(*))::int + (select count(*)::int from (select from events where job_id is not null
       group by job_id having max(job_sequence) <> count(*)) j) as gaps from events`,
  );
  return rows[0]?.gaps ?? 0;
}
