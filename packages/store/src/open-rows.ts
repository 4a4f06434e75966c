import { FAILURE_CODES, type Fault } from '@qvara/contracts/failure';
import type { RowError } from '@qvara/contracts/imports';
import type { Reference } from '@qvara/contracts/reference';
import { headRoom } from '@qvara/domain/placement';
import { OPEN_ROWS } from './import-check.ts';
import type { ChunkClaim } from './import-chunks.ts';
import { type Judged, judgeRows } from './judge-rows.ts';
import type { Ledger } from './orm.ts';
import type { JudgedImport, OpenRow } from './row-situations.ts';
import { loadFitting } from './seats.ts';
import { type Sql, transactPatiently } from './sql.ts';

type Wish = {
  readonly import: JudgedImport;
  readonly chunk: ChunkClaim;
  readonly reference: Reference;
  readonly most: number;
};

/** The next rows of a chunk that wait to run, as they would fare now, and how many customers fit where. */
export type NextRows = { readonly judged: readonly Judged[]; readonly room: ReadonlyMap<string, number> };

/**
 * Reads the next rows of a chunk that wait to run, and judges them anew. None when the import does not run
 * any more. Changes nothing. Throws `unavailable`.
 */
export async function readNextRows(ledger: Ledger, wish: Wish): Promise<NextRows> {
  return await transactPatiently(ledger.pool, (sql) => readNext(sql, wish));
}

// What was paused or cancelled meanwhile begins no row, nor fails one.
const RUNNING = `exists (select from imports where id = $1 and state = 'running')`;

async function readNext(sql: Sql, { import: own, chunk, reference, most }: Wish): Promise<NextRows> {
  const { importId, firstRow, lastRow } = chunk;
  const [rows, fitting] = await Promise.all([
    sql.query<OpenRow>(`${OPEN_ROWS} and verdict is not null and ${RUNNING} order by row_no limit $4`, [
      importId,
      firstRow,
      lastRow,
      most,
    ]),
    own.type === 'customer.provision' ? loadFitting(sql) : [],
  ]);
  const room = new Map<string, number>();
  for (const container of fitting) room.set(container.region, (room.get(container.region) ?? 0) + headRoom(container));
  return { judged: await judgeRows(sql, { import: own, rows, reference }), room };
}

/** Whether a row would fare otherwise now than was shown: it is not carried out then. */
export function hasChanged({ row, verdict, customerId }: Judged): boolean {
  return verdict !== row.verdict || customerId !== row.customerId;
}

/** What is told of a row that would fare otherwise now. */
export function changedErrors({ row, verdict, customerId, errors }: Judged): RowError[] {
  const now = verdict === row.verdict ? `${verdict} of ${customerId ?? 'a new customer'}` : verdict;
  const message = `The check found "${row.verdict}" for this row; now it would be: ${now}.`;
  const remedy = 'Retry the row: it is checked anew.';
  return [{ field: null, code: 'row-changed', message, remedy }, ...errors];
}

/** What is told of a row that could not be accepted. */
export function faultErrors({ code, message }: Pick<Fault, 'code' | 'message'>): RowError[] {
  return [{ field: null, code, message, remedy: FAILURE_CODES[code].remedy }];
}

/** A row that is not carried out, and why. */
export type FailedRow = { readonly rowNo: number; readonly errors: readonly RowError[]; readonly changed: boolean };

/**
 * Writes rows that are not carried out as failed: those that changed as conflicts, and as changed. Repeatable. Throws
 * `unavailable`.
 */
export async function failRows(ledger: Ledger, chunk: ChunkClaim, failed: readonly FailedRow[]): Promise<void> {
  if (failed.length === 0) return;
  const { importId, chunkNo } = chunk;
  await transactPatiently(ledger.pool, async (sql) => {
    await sql.query('select from import_chunks where import_id = $1 and chunk_no = $2 for update', [importId, chunkNo]);
    await sql.query(FAIL, [importId, chunkNo, JSON.stringify(failed), failed.map(({ rowNo }) => rowNo)]);
  });
}

const NOW = `to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
/** It was tried, though no job came of it: what it costs is counted once. */
const ATTEMPT = `jsonb_build_object('attempt', jsonb_array_length(r.attempts) + 1, 'jobId', null, 'state', 'failed',
  'failure', null, 'startedAt', ${NOW}, 'finishedAt', ${NOW})`;

// The numbers are said twice, as where verdicts are written.
const FAIL = `with failed as (
    update import_rows r set state = 'failed', errors = f.errors, attempts = r.attempts || ${ATTEMPT},
      verdict = case when f.changed then 'conflict' else r.verdict end
    from jsonb_to_recordset($3) as f ("rowNo" int, errors jsonb, changed boolean)
      join import_rows was on was.import_id = $1 and was.row_no = any($4) and was.row_no = f."rowNo"
    where r.import_id = $1 and r.row_no = any($4) and r.row_no = f."rowNo" and r.state = 'pending' and ${RUNNING}
    returning was.verdict as verdict, f.changed
  ), n as (
    select count(*)::int as failed, (count(*) filter (where changed))::int as changed,
      (count(*) filter (where changed and verdict = 'create'))::int as to_create,
      (count(*) filter (where changed and verdict = 'update'))::int as to_update from failed
  )
  update import_chunks c set pending = c.pending - n.failed, failed = c.failed + n.failed,
    changed = c.changed + n.changed, conflict = c.conflict + n.changed, to_create = c.to_create - n.to_create,
    to_update = c.to_update - n.to_update
  from n where c.import_id = $1 and c.chunk_no = $2`;
