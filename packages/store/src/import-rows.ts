import type { Page } from '@qvara/contracts/api';
import { tenantDomain } from '@qvara/contracts/ids';
import type { ImportResult, ImportRowAnswer, RowAttempt, RowState, RowVerdict } from '@qvara/contracts/imports';
import type { ImportRowRecord } from './entities/import.ts';
import type { ImportRow } from './imports.ts';
import type { Ledger } from './orm.ts';
import { sqlOn } from './sql.ts';

const VERDICT_COUNTS: Readonly<Record<RowVerdict, string>> = {
  create: 'c.to_create',
  update: 'c.to_update',
  unchanged: 'c.unchanged',
  invalid: 'c.invalid',
  conflict: 'c.conflict',
};

export type RowQuery = {
  readonly limit: number;
  /** The number of the last row of the page before. */
  readonly after: number;
  readonly state?: RowState;
  readonly verdict?: RowVerdict;
};

/**
 * Rows of an import in their order: only in chunks that count such rows is looked for them. `columns` and `joins` are of
 * rows `r`.
 */
async function readRows<R>(
  ledger: Ledger,
  { id, state: importState }: Pick<ImportRow, 'id' | 'state'>,
  {
    limit,
    after,
    state,
    verdict,
    columns,
    joins = '',
  }: RowQuery & { readonly columns: string; readonly joins?: string },
): Promise<R[]> {
  const states = statesOf(importState, state);
  if (states?.length === 0) return [];
  const counted = [
    ...(states === null ? [] : [`${states.map((name) => `c.${name}`).join(' + ')} > 0`]),
    ...(verdict === undefined ? [] : [`${VERDICT_COUNTS[verdict]} > 0`]),
  ].map((condition) => ` and ${condition}`);
  return await sqlOn(ledger.pool).query<R>(
    `select ${columns} from import_chunks c
       join lateral (select * from import_rows r where r.import_id = $1 and r.row_no between greatest(c.first_row, $2::int + 1) and c.last_row
         and ($3::text[] is null or r.state = any($3)) and ($4::text is null or r.verdict = $4)) r on true ${joins}
     where c.import_id = $1 and c.last_row > $2${counted.join('')} order by c.chunk_no, r.row_no limit $5`,
    [id, after, states, verdict ?? null, limit],
  );
}

/** Rows that a cancelled import had not begun are told as skipped. */
function statesOf(importState: ImportRow['state'], state: RowState | undefined): RowState[] | null {
  if (state === undefined) return null;
  if (importState !== 'cancelled') return [state];
  if (state === 'pending') return [];
  return state === 'skipped' ? ['pending', 'skipped'] : [state];
}

const told = (importState: ImportRow['state'], state: RowState): RowState =>
  importState === 'cancelled' && state === 'pending' ? 'skipped' : state;

type ShownRow = ImportRowRecord & {
  /** When the job of a row that runs was accepted. */
  readonly acceptedAt: string | null;
};

/** A page of an import's rows, in their order. */
export async function listRows(ledger: Ledger, of: ImportRow, query: RowQuery): Promise<Page<ImportRowAnswer>> {
  const columns = 'r.*, j.accepted_at';
  const joins = `left join jobs j on r.state = 'running' and j.id = r.job_id`;
  const rows = await readRows<ShownRow>(ledger, of, { ...query, limit: query.limit + 1, columns, joins });
  const items = rows.slice(0, query.limit).map((row) => rowAnswer(of, row));
  const last = items.at(-1);
  return { items, next: rows.length > query.limit && last !== undefined ? String(last.row) : null };
}

function rowAnswer(of: ImportRow, row: ShownRow): ImportRowAnswer {
  return {
    row: row.rowNo,
    ref: row.ref,
    verdict: row.verdict,
    state: told(of.state, row.state),
    errors: [...row.errors],
    warnings: [...row.warnings],
    fields: row.fields,
    jobId: row.jobId,
    customerId: row.customerId,
    attempts: attemptsOf(row),
  };
}

/** Attempts are kept when they have ended: the present one is told from its job. */
function attemptsOf({ state, attempts, jobId, acceptedAt }: ShownRow): RowAttempt[] {
  if (state !== 'running' || acceptedAt === null) return [...attempts];
  const before = attempts.at(-1)?.finishedAt ?? acceptedAt;
  const startedAt = before > acceptedAt ? before : acceptedAt;
  const attempt = attempts.length + 1;
  return [...attempts, { attempt, jobId, state, failure: null, startedAt, finishedAt: null }];
}

/** A failed row as it was sent, and why it failed. */
export type FailedRow = Pick<ImportRowRecord, 'rowNo' | 'raw' | 'errors'>;

/** The failed rows behind a row, so many at most. */
export async function readFailed(
  ledger: Ledger,
  of: ImportRow,
  page: { after: number; limit: number },
): Promise<FailedRow[]> {
  const columns = 'r.row_no, r.raw, r.errors';
  return await readRows<FailedRow>(ledger, of, { ...page, state: 'failed', columns });
}

type ResultColumns = Omit<ImportRowRecord, 'raw' | 'fields' | 'attempts'> & {
  readonly containerId: string | null;
  readonly number: string | null;
};

/** What became of the rows behind a row, so many at most. */
export async function readResults(
  ledger: Ledger,
  of: ImportRow,
  page: { after: number; limit: number },
): Promise<ImportResult[]> {
  const columns = 'r.row_no, r.ref, r.verdict, r.state, r.errors, r.job_id, r.customer_id, s.container_id, s.number';
  const joins = `left join seats s on s.customer_id = r.customer_id`;
  const rows = await readRows<ResultColumns>(ledger, of, { ...page, columns, joins });
  return rows.map((row) => {
    const { containerId, number } = row;
    return {
      row: row.rowNo,
      ref: row.ref,
      verdict: row.verdict,
      state: told(of.state, row.state),
      jobId: row.jobId,
      customerId: row.customerId,
      container: containerId,
      tenant: number,
      domain: containerId === null || number === null ? null : tenantDomain(containerId, number, ledger.sipDomain),
      ...(row.state === 'failed' ? reasonOf(row) : { code: null, error: null }),
    };
  });
}

/** Why a row failed: what is wrong with it, or with its job. */
export function reasonOf({ errors }: Pick<ImportRowRecord, 'errors'>): {
  readonly code: string;
  readonly error: string;
} {
  const all = errors.map(
    ({ field, message, remedy }) => `${field === null ? '' : `${field} `}${message.replace(/\.?$/, '.')} ${remedy}`,
  );
  return { code: errors[0]?.code ?? 'internal', error: all.join(' ') };
}
