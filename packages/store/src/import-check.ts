import type { Reference } from '@qvara/contracts/reference';
import { type ChunkPlan, planOf, writePlan } from './chunk-plan.ts';
import { type ChunkClaim, lockChunk } from './import-chunks.ts';
import { type Judged, judgeRows } from './judge-rows.ts';
import type { Ledger } from './orm.ts';
import type { JudgedImport, OpenRow } from './row-situations.ts';
import { type Sql, transactPatiently } from './sql.ts';

type Wish = { readonly import: JudgedImport; readonly chunk: ChunkClaim; readonly reference: Reference };

/** Rows of a chunk that are read to be judged; `tried`: they were to be carried out before, and what that costs is counted. */
export const OPEN_ROWS = `select row_no, fields, ref, hash, copy_no, job_id, verdict, customer_id, attempts <> '[]' as tried
  from import_rows where import_id = $1 and row_no between $2 and $3 and state = 'pending'`;

/**
 * Checks the rows of a chunk that have no verdict yet: what would become of each, and what all of them would need. Rows and
 * counts commit together, and nothing else changes. False when somebody else has the chunk, or its import is not checked now.
 */
export async function checkChunk(ledger: Ledger, wish: Wish): Promise<boolean> {
  return await transactPatiently(ledger.pool, (sql) => check(sql, wish));
}

async function check(sql: Sql, { import: own, chunk, reference }: Wish): Promise<boolean> {
  if (!(await lockChunk(sql, chunk))) return false;
  const { importId, chunkNo, firstRow, lastRow } = chunk;
  const [rows, [before]] = await Promise.all([
    sql.query<OpenRow>(`${OPEN_ROWS} and verdict is null order by row_no`, [importId, firstRow, lastRow]),
    sql.query<ChunkPlan>(
      `select c.seats, c.fees from import_chunks c join imports i on i.id = c.import_id and i.state = 'checking'
       where c.import_id = $1 and c.chunk_no = $2`,
      [importId, chunkNo],
    ),
  ]);
  if (before === undefined) return false;
  const judged = await judgeRows(sql, { import: own, rows, reference });
  await Promise.all([
    writeVerdicts(sql, importId, judged),
    countVerdicts(sql, chunk, judged),
    writePlan(sql, chunk, planOf(before, judged)),
  ]);
  return true;
}

async function writeVerdicts(sql: Sql, importId: string, judged: readonly Judged[]): Promise<void> {
  if (judged.length === 0) return;
  const rows = judged.map(({ row, verdict, copyNo, customerId, errors, warnings }) => ({
    n: row.rowNo,
    verdict,
    state: stateOf(verdict),
    ...(copyNo !== null && { copy: copyNo }),
    ...(customerId !== null && { customer: customerId }),
    ...(errors.length > 0 && { errors }),
    ...(warnings.length > 0 && { warnings }),
  }));
  // The numbers are said twice: a plan made while there were few rows would else read the whole import for each batch.
  await sql.query(
    `update import_rows r set verdict = j.verdict, state = j.state, copy_no = j.copy, customer_id = j.customer,
       errors = coalesce(j.errors, '[]'), warnings = coalesce(j.warnings, '[]')
     from jsonb_to_recordset($2) as j (n int, verdict text, state text, copy int, customer text, errors jsonb, warnings jsonb)
     where r.import_id = $1 and r.row_no = any($3) and r.row_no = j.n`,
    [importId, JSON.stringify(rows), rows.map(({ n }) => n)],
  );
}

function stateOf(verdict: Judged['verdict']): 'pending' | 'failed' | 'skipped' {
  if (verdict === 'unchanged') return 'skipped';
  return verdict === 'invalid' || verdict === 'conflict' ? 'failed' : 'pending';
}

async function countVerdicts(sql: Sql, { importId, chunkNo }: ChunkClaim, judged: readonly Judged[]): Promise<void> {
  const count = (verdict: Judged['verdict']) => judged.filter((one) => one.verdict === verdict).length;
  const [invalid, conflict, unchanged] = [count('invalid'), count('conflict'), count('unchanged')];
  await sql.query(
    `update import_chunks set checked = true, to_create = to_create + $3, to_update = to_update + $4,
       unchanged = unchanged + $5, invalid = invalid + $6, conflict = conflict + $7,
       pending = pending - $5 - $6 - $7, skipped = skipped + $5, failed = failed + $6 + $7
     where import_id = $1 and chunk_no = $2`,
    [importId, chunkNo, count('create'), count('update'), unchanged, invalid, conflict],
  );
}
