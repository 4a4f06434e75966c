import { CodedError } from '@qvara/contracts/failure';
import { ROW_VERDICTS } from '@qvara/contracts/imports';
import type { Announce } from './commit.ts';
import type { ImportRowRecord } from './entities/import.ts';
import { lockImport, tellMove } from './import-control.ts';
import type { ReceivedRow } from './import-receiving.ts';
import { findImport, type ImportRow } from './imports.ts';
import type { Ledger } from './orm.ts';
import { type Sql, sqlOn, transact } from './sql.ts';
import type { Viewer } from './viewer.ts';

/** So many chunks change in one statement: none may take long. */
const CHUNKS_AT_ONCE = 20;

const VERDICT_COUNTS = ROW_VERDICTS.map(
  (verdict) => `count(*) filter (where verdict = '${verdict}')::int as "${verdict}"`,
).join(', ');

/** The states in which failed rows may be corrected and tried again. */
const RETRYABLE = { from: ['ready', 'paused', 'completed-with-failures'], refusal: 'import-not-retryable' } as const;

export type Retry = {
  readonly importId: string;
  readonly viewer: Viewer;
  /** What was stored of a correction, by its id; null without one. */
  readonly correctionId: string | null;
};

/** Throws `not-found`, or `import-not-retryable` when nothing of this import could be tried again now. */
export async function checkRetryable(ledger: Ledger, viewer: Viewer, importId: string): Promise<ImportRow> {
  return await transact(ledger.pool, (sql) => lockRetryable(sql, { importId, viewer }));
}

/**
 * Lets failed rows be checked and tried again, with their correction if there is one: all of it or nothing. Throws
 * `not-found`, or `import-not-retryable`.
 */
export async function retryImport(
  ledger: Ledger,
  announce: Announce,
  { correctionId, ...wish }: Retry,
): Promise<ImportRow> {
  return await tellMove(ledger, announce, async (sql) => {
    const row = await lockRetryable(sql, wish);
    if (correctionId !== null) await correctRows(sql, row.id, correctionId);
    await reopenRows(sql, row.id);
    await sql.query(
      `update imports set state = 'checking', checked_at = null, finished_at = null, failed_before = 0,
           paused_reason = null, paused_detail = null, paused_at = null where id = $1`,
      [row.id],
    );
    return await findImport(sql, wish.viewer, row.id);
  });
}

async function lockRetryable(sql: Sql, wish: Omit<Retry, 'correctionId'>): Promise<ImportRow> {
  const row = await lockImport(sql, wish, RETRYABLE);
  if (row.failed === 0) throw new CodedError('import-not-retryable', 'No row of the import has failed.');
  if (row.running > 0) throw new CodedError('import-not-retryable', `${row.running} rows of it are still running.`);
  return row;
}

async function correctRows(sql: Sql, importId: string, correctionId: string): Promise<void> {
  // A retry of a job by hand sets its row running under the chunk's lock.
  await lockFailed(sql, importId);
  const [other] = await sql.query<{ rowNo: number }>(
    `select d.row_no from import_corrections d left join import_rows r using (import_id, row_no)
     where d.correction_id = $1 and r.state is distinct from 'failed' limit 1`,
    [correctionId],
  );
  if (other !== undefined)
    throw new CodedError('import-not-retryable', `Row ${other.rowNo} has been tried again meanwhile.`);
  // What asks for something else is another job's.
  await inChunks(sql, importId, (first, last) =>
    sql.query(
      `update import_rows r set raw = d.raw, fields = d.fields, ref = d.ref, hash = d.hash,
         job_id = case when r.hash = d.hash then r.job_id end, customer_id = case when r.hash = d.hash then r.customer_id end,
         copy_no = case when r.hash = d.hash then r.copy_no end
       from import_corrections d where d.correction_id = $1 and d.import_id = $4 and d.row_no between $2 and $3
         and r.import_id = d.import_id and r.row_no = d.row_no`,
      [correctionId, first, last, importId],
    ),
  );
  await sql.query('delete from import_corrections where correction_id = $1', [correctionId]);
}

/** Rows and their chunk's counts change together. What was said of them is forgotten: they are judged anew. */
async function reopenRows(sql: Sql, importId: string): Promise<void> {
  await inChunks(sql, importId, async (first, last) => {
    const range = [importId, first, last];
    const counts = await sql.query(
      `select chunk_no, count(*)::int as rows, ${VERDICT_COUNTS} from import_rows
       where import_id = $1 and row_no between $2 and $3 and state = 'failed' group by 1`,
      range,
    );
    await sql.query(
      `update import_rows set state = 'pending', verdict = null, errors = '[]', warnings = '[]'
       where import_id = $1 and row_no between $2 and $3 and state = 'failed'`,
      range,
    );
    await sql.query(
      `update import_chunks c set checked = false, pending = c.pending + n.rows, failed = c.failed - n.rows,
         to_create = c.to_create - n."create", to_update = c.to_update - n."update", unchanged = c.unchanged - n.unchanged,
         invalid = c.invalid - n.invalid, conflict = c.conflict - n.conflict
       from jsonb_to_recordset($2) as n
         ("chunkNo" int, rows int, "create" int, "update" int, unchanged int, invalid int, conflict int)
       where c.import_id = $1 and c.chunk_no = n."chunkNo"`,
      [importId, JSON.stringify(counts)],
    );
  });
}

/** Calls for the rows of some chunks after the other, those only that count failed rows; these stay locked. */
async function inChunks(
  sql: Sql,
  importId: string,
  work: (first: number, last: number) => Promise<unknown>,
): Promise<void> {
  const chunks = await lockFailed(sql, importId);
  for (let at = 0; at < chunks.length; at += CHUNKS_AT_ONCE) {
    const some = chunks.slice(at, at + CHUNKS_AT_ONCE);
    await work(some[0]?.firstRow ?? 0, some.at(-1)?.lastRow ?? 0);
  }
}

type Range = { readonly firstRow: number; readonly lastRow: number };

async function lockFailed(sql: Sql, importId: string): Promise<Range[]> {
  return await sql.query<Range>(
    'select first_row, last_row from import_chunks where import_id = $1 and failed > 0 order by chunk_no for update',
    [importId],
  );
}

export type Corrigible = Pick<ImportRowRecord, 'rowNo' | 'ref' | 'state' | 'raw' | 'fields'>;

/** The rows that a correction names: by number whatever their state, by reference the failed ones. */
export async function findNamedRows(
  ledger: Ledger,
  importId: string,
  { rowNos, refs }: { readonly rowNos: readonly number[]; readonly refs: readonly string[] },
): Promise<Corrigible[]> {
  return await sqlOn(ledger.pool).query<Corrigible>(
    `select row_no, ref, state, raw, fields from import_rows where import_id = $1 and row_no = any($2)
     union all
     select row_no, ref, state, raw, fields from import_rows where import_id = $1 and ref = any($3) and state = 'failed'`,
    [importId, rowNos, refs],
  );
}

export type Correction = ReceivedRow & { readonly rowNo: number };

/** Stores rows of a correction apart. Answers the numbers of those that were stored: a row can be corrected once. */
export async function keepCorrections(
  ledger: Ledger,
  { correctionId, importId }: { readonly correctionId: string; readonly importId: string },
  rows: readonly Correction[],
): Promise<Set<number>> {
  const stored = await sqlOn(ledger.pool).query<{ rowNo: number }>(
    `insert into import_corrections (correction_id, import_id, row_no, raw, fields, ref, hash)
     select $1, $2, r.* from unnest($3::int[], $4::text[], $5::jsonb[], $6::text[], $7::text[]) as r
     on conflict do nothing returning row_no`,
    [
      correctionId,
      importId,
      rows.map(({ rowNo }) => rowNo),
      rows.map(({ raw }) => raw),
      rows.map(({ fields }) => JSON.stringify(fields)),
      rows.map(({ ref }) => ref),
      rows.map(({ hash }) => hash),
    ],
  );
  return new Set(stored.map(({ rowNo }) => rowNo));
}

/** Takes away what was stored of a correction that comes to nothing. */
export async function dropCorrection(ledger: Ledger, correctionId: string): Promise<void> {
  await sqlOn(ledger.pool).query('delete from import_corrections where correction_id = $1', [correctionId]);
}
