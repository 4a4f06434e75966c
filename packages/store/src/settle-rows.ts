import type { JobRow } from './entities/job.ts';
import type { Sql } from './sql.ts';

/** What is known again when it comes a second time: only where the ledger itself does not tell. */
const KNOWN_AGAIN = "('customer.provision', 'porting-pin.generate', 'customer.disconnect')";

const MOVED = `jsonb_to_recordset($1) as m (import_id text, row_no int, job_id text, verdict text, state text, failure jsonb,
  accepted_at text, finished_at text)`;

/**
 * Settles the rows of imports whose jobs have ended, or go on again by a retry, and the counts of their chunks: with the
 * write that moves the jobs, so that totals are exact at every moment. Calls its statements at once; sends nothing when no
 * job belongs to an import.
 */
export async function settleRows(sql: Sql, jobs: readonly JobRow[]): Promise<void> {
  const ended = jobs.filter(({ importId, finishedAt }) => importId !== null && finishedAt !== null);
  const again = jobs.filter(({ importId, state }) => importId !== null && state === 'accepted');
  if (ended.length === 0 && again.length === 0) return;
  const settled = [...ended, ...again];
  const values = [
    JSON.stringify(settled.map(rowOf)),
    [...new Set(settled.map(({ importId }) => importId))],
    settled.map(({ importRow }) => importRow),
  ];
  await Promise.all([
    again.length > 0 && sql.query(LOCK_IMPORTS, [again.map(({ importId }) => importId)]),
    again.length > 0 && sql.query(REOPEN_IMPORTS, [again.map(({ importId }) => importId)]),
    sql.query(LOCK_CHUNKS, values),
    ended.length > 0 && sql.query(SETTLE_ENDED, values),
    again.length > 0 && sql.query(SETTLE_AGAIN, values),
  ]);
}

function rowOf(job: JobRow) {
  const { importId, importRow, id, type, state, failure, acceptedAt, finishedAt } = job;
  const ended = state === 'completed' ? 'done' : 'failed';
  return {
    import_id: importId,
    row_no: importRow,
    job_id: id,
    verdict: type === 'customer.provision' ? 'create' : 'update',
    state: finishedAt === null ? 'running' : ended,
    failure,
    accepted_at: acceptedAt,
    finished_at: finishedAt,
  };
}

/** The rows again, named by themselves: a plan made while there were few would else read all of them for each batch. */
const among = (rows: string) => `${rows}.import_id = any($2) and ${rows}.row_no = any($3)`;

const LOCK_CHUNKS = `select from import_chunks c where (c.import_id, c.chunk_no) in (
    select r.import_id, r.chunk_no from ${MOVED} join import_rows r using (import_id, row_no) where ${among('r')})
  order by c.import_id, c.chunk_no for update`;

const ERROR = `jsonb_build_array(jsonb_build_object('field', null, 'code', coalesce(m.failure ->> 'code', 'job-cancelled'),
  'message', coalesce(m.failure ->> 'message', 'The job was cancelled.'),
  'remedy', coalesce(m.failure ->> 'remedy', 'Retry the row.')))`;
const ATTEMPT = `jsonb_build_object('attempt', jsonb_array_length(r.attempts) + 1, 'jobId', m.job_id, 'state', m.state,
  'failure', m.failure, 'startedAt', greatest(m.accepted_at, r.attempts -> -1 ->> 'finishedAt'), 'finishedAt', m.finished_at)`;

// The row of an open job is running, whatever else happens to the import: so nothing has to be read before.
const SETTLE_ENDED = `with ended as (
    update import_rows r set state = m.state, attempts = r.attempts || ${ATTEMPT},
      errors = case when m.state = 'failed' then ${ERROR} else r.errors end
    from ${MOVED} where ${among('r')} and m.state <> 'running' and r.import_id = m.import_id and r.row_no = m.row_no
      and r.job_id = m.job_id and r.state = 'running'
    returning r.import_id, r.chunk_no, r.row_no, r.ref, r.hash, r.copy_no, r.customer_id, r.state
  ), identities as (
    insert into import_identities (client_id, type, identity, hash, customer_id, import_id, row_no)
    select distinct on (client_id, type, identity) * from (
      select i.client_id, i.type, coalesce('ref:' || e.ref, 'hash:' || e.hash || '#' || e.copy_no) as identity, e.hash,
             e.customer_id, e.import_id, e.row_no
      from ended e join imports i on i.id = e.import_id and i.type in ${KNOWN_AGAIN} where e.state = 'done') n
    where identity is not null order by client_id, type, identity
    on conflict (client_id, type, identity) do update set hash = excluded.hash, customer_id = excluded.customer_id,
      import_id = excluded.import_id, row_no = excluded.row_no, at = clock_timestamp()
  ), counts as (
    select import_id, chunk_no, count(*)::int as n, (count(*) filter (where state = 'done'))::int as done
    from ended group by import_id, chunk_no
  )
  update import_chunks c set running = c.running - n.n, done = c.done + n.done, failed = c.failed + n.n - n.done
  from counts n where c.import_id = n.import_id and c.chunk_no = n.chunk_no`;

// A row that waits to be judged anew is not judged any more: it has the verdict of its job.
const SETTLE_AGAIN = `with again as (
    update import_rows r set state = 'running', errors = '[]', verdict = coalesce(r.verdict, m.verdict)
    from ${MOVED} join import_rows was using (import_id, row_no)
    where ${among('r')} and ${among('was')} and m.state = 'running' and r.import_id = m.import_id and r.row_no = m.row_no and r.job_id = m.job_id
      and r.state in ('failed', 'pending')
    returning r.import_id, r.chunk_no, was.state, case when was.verdict is null then m.verdict end as verdict
  ), counts as (
    select import_id, chunk_no, count(*)::int as n, (count(*) filter (where state = 'failed'))::int as failed,
      (count(*) filter (where verdict = 'create'))::int as to_create, (count(*) filter (where verdict = 'update'))::int as to_update
    from again group by import_id, chunk_no
  )
  update import_chunks c set running = c.running + n.n, failed = c.failed - n.failed, pending = c.pending - n.n + n.failed,
    to_create = c.to_create + n.to_create, to_update = c.to_update + n.to_update
  from counts n where c.import_id = n.import_id and c.chunk_no = n.chunk_no`;

/** However it stands: it must not be moved to its end while a row of it runs again. */
const LOCK_IMPORTS = 'select from imports where id = any($1) order by id for update';

/** An import whose row runs again runs again. */
const REOPEN_IMPORTS = `update imports set state = 'running', finished_at = null
  where id = any($1) and state in ('completed', 'completed-with-failures')`;
