import type { ImportMode, ImportState, RowState, RowVerdict } from '@qvara/contracts/imports';
import type { JobType } from '@qvara/contracts/jobs';
import type { Pool } from 'pg';
import { freshId } from './test-ledger.ts';

/** A row's content as it would be posted. */
export type TestFields = Readonly<Record<string, unknown>>;

type Plan = {
  readonly id?: string;
  readonly clientId?: string;
  readonly type?: JobType;
  readonly mode?: ImportMode;
  readonly state?: ImportState;
  readonly dryRun?: boolean;
  readonly errorBudget?: string | null;
  /** Rows of a chunk. */
  readonly chunkRows?: number;
};

/** Fields of a row that makes a customer. */
export function customerRow(payload: TestFields = {}): TestFields {
  return { payload: { name: 'ABC Dental', serviceType: 'hosted-pbx', industry: 'dental', ...payload } };
}

/** Puts an import with its rows into the ledger, as receiving leaves it. */
export async function addImport(pool: Pool, rows: readonly TestFields[], plan: Plan = {}): Promise<string> {
  const { id = freshId('imp'), clientId = 'cli_test', type = 'customer.provision', mode = 'create' } = plan;
  const { state = 'checking', dryRun = false, errorBudget = null, chunkRows = 500 } = plan;
  await pool.query(
    `insert into imports (id, client_id, by_admin, type, mode, format, state, dry_run, error_budget, layout)
     values ($1, $2, false, $3, $4, 'ndjson', $5, $6, $7, '{"header": null, "columns": [], "fields": []}')`,
    [id, clientId, type, mode, state, dryRun, errorBudget],
  );
  for (let from = 0; from < rows.length; from += chunkRows)
    await addChunk(pool, id, { from, rows: rows.slice(from, from + chunkRows), chunkNo: from / chunkRows + 1 });
  return id;
}

type Chunk = { readonly from: number; readonly rows: readonly TestFields[]; readonly chunkNo: number };

async function addChunk(pool: Pool, importId: string, { from, rows, chunkNo }: Chunk): Promise<void> {
  await pool.query(
    'insert into import_chunks (import_id, chunk_no, first_row, last_row, rows, pending) values ($1, $2, $3, $4, $5, $5)',
    [importId, chunkNo, from + 1, from + rows.length, rows.length],
  );
  const values = rows.map((fields, index) => ({
    n: from + index + 1,
    fields,
    ref: refOf(fields),
    hash: JSON.stringify(fields),
  }));
  await pool.query(
    `insert into import_rows (import_id, row_no, chunk_no, raw, fields, ref, hash)
     select $1, n, $2, fields::text, fields, ref, left(encode(sha256(hash::bytea), 'hex'), 32)
     from jsonb_to_recordset($3) as r (n int, fields jsonb, ref text, hash text)`,
    [importId, chunkNo, JSON.stringify(values)],
  );
}

function refOf(fields: TestFields): string | null {
  const { customerRef, customerId, payload } = fields;
  const own = (payload as { readonly externalRef?: unknown } | undefined)?.externalRef;
  return ([own, customerRef, customerId].find((name) => typeof name === 'string') as string | undefined) ?? null;
}

export type TestRow = {
  readonly rowNo: number;
  readonly verdict: RowVerdict | null;
  readonly state: RowState;
  readonly codes: readonly string[];
  readonly jobId: string | null;
  readonly customerId: string | null;
};

/** The rows of an import as they are. */
export async function rowsOf(pool: Pool, importId: string): Promise<TestRow[]> {
  const { rows } = await pool.query<TestRow>(
    `select row_no as "rowNo", verdict, state, array(select e ->> 'code' from jsonb_array_elements(errors) e) as codes,
       job_id as "jobId", customer_id as "customerId" from import_rows where import_id = $1 order by row_no`,
    [importId],
  );
  return rows;
}
