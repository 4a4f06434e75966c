import { addTimes, expectation, type JobTimes } from '@qvara/domain/job-times';
import type { JobRow } from './entities/job.ts';
import type { Ledger } from './orm.ts';
import { type Sql, sqlOn, transact } from './sql.ts';

/** Entries of the event log that are read at once. What more has come since the last time is passed over: these are a sample. */
const LOOK_AT = 1_000;

type Kind = Pick<JobRow, 'type'> & { readonly imported: boolean };

const NEWS = `from job_times_read where up_to < last_event()
  and read_at <= clock_timestamp() - make_interval(secs => $1 / 1000.0)`;

/**
 * Learns from the newest events how long the jobs took that completed, by their kind; not within `apartMs` after anybody
 * did. Of processes that come at once one does it; without new events it asks one small question.
 */
export async function learnTimes(ledger: Ledger, apartMs: number): Promise<void> {
  const [news] = await sqlOn(ledger.pool).query(`select ${NEWS}`, [apartMs]);
  if (news === undefined) return;
  await transact(ledger.pool, async (sql) => {
    const [look] = await sql.query<{ after: number; upTo: number }>(
      `select up_to as after, last_event() as up_to ${NEWS} for update skip locked`,
      [apartMs],
    );
    if (look === undefined) return;
    const took = await readCompleted(sql, look);
    if (took.length > 0) await saveTimes(sql, took);
    await sql.query('update job_times_read set up_to = $1, read_at = clock_timestamp()', [look.upTo]);
  });
}

type Took = Kind & { readonly ms: number };

/** How long jobs took that completed. Time spent on hold says nothing of how long it takes: those that were held do not count. */
async function readCompleted(sql: Sql, { after, upTo }: { after: number; upTo: number }): Promise<Took[]> {
  return await sql.query<Took>(
    `select j.type, j.import_id is not null as imported,
       (extract(epoch from j.finished_at - j.begun_at) * 1000)::float8 as ms
     from (select job_id, told from event_entries where last > $1 and last <= $2 order by last desc limit ${LOOK_AT}) e
     join jobs j on j.id = e.job_id
     where e.told @> '[{"name": "job.completed"}]' and j.begun_at is not null
       and not exists (select from event_entries h where h.job_id = j.id and h.told @> '[{"name": "job.held"}]')`,
    [after, upTo],
  );
}

async function saveTimes(sql: Sql, took: readonly Took[]): Promise<void> {
  const known = await sql.query<Kind & { readonly counts: JobTimes }>('select type, imported, counts from job_times');
  const before = new Map(known.map((row) => [nameOf(row), row.counts]));
  const rows = [...Map.groupBy(took, nameOf)].map(([name, those]) => {
    const counts = addTimes(
      before.get(name) ?? [],
      those.map(({ ms }) => ms),
    );
    const { p99Ms: p99_ms, lateAfterMs: late_after_ms } = expectation(counts) ?? {};
    return { type: those[0]?.type, imported: those[0]?.imported, counts, p99_ms, late_after_ms };
  });
  await sql.query(
    `insert into job_times select r.* from jsonb_to_recordset($1) as r
       (type text, imported boolean, counts jsonb, p99_ms float8, late_after_ms float8)
     on conflict (type, imported) do update
       set counts = excluded.counts, p99_ms = excluded.p99_ms, late_after_ms = excluded.late_after_ms`,
    [JSON.stringify(rows)],
  );
}

function nameOf({ type, imported }: Kind): string {
  return `${type} ${imported}`;
}
