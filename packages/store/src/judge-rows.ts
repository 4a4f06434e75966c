import type { RowError, RowVerdict } from '@qvara/contracts/imports';
import type { FeeLine } from '@qvara/contracts/job-answer';
import type { JobRequest } from '@qvara/contracts/jobs';
import type { Reference } from '@qvara/contracts/reference';
import { judgeRow, type RowPlan } from '@qvara/domain/row-verdict';
import { readRow } from './read-row.ts';
import { findSituations, type JudgedImport, type OpenRow } from './row-situations.ts';
import type { Sql } from './sql.ts';

/** What would become of a row now. */
export type Judged = {
  readonly row: OpenRow;
  readonly copyNo: number | null;
  readonly verdict: RowVerdict;
  readonly customerId: string | null;
  readonly errors: readonly RowError[];
  readonly warnings: readonly string[];
  readonly fees: readonly FeeLine[];
  /** What would be accepted as a job, unless a job is retried. */
  readonly request: JobRequest | null;
  /** The failed job that would go on. */
  readonly retries: string | null;
};

type Wish = { readonly import: JudgedImport; readonly rows: readonly OpenRow[]; readonly reference: Reference };

/**
 * Judges rows of an import: each as a request in itself, then by the file, the ledger and what was brought in before. The
 * check shows what this finds, and a run finds it again before it accepts anything. Calls for what it reads at once.
 */
export async function judgeRows(sql: Sql, { import: own, rows, reference }: Wish): Promise<Judged[]> {
  const read = rows.map((row) => ({ row, read: readRow(row, { type: own.type, reference }) }));
  const asked = read.flatMap(({ row, read }) => ('request' in read ? [{ row, request: read.request }] : []));
  const situations = await findSituations(sql, own, { rows, asked });
  return read.map(({ row, read }): Judged => {
    const copyNo = situations.copies.get(row.rowNo) ?? row.copyNo;
    if ('errors' in read) return judged({ row, copyNo }, { verdict: 'invalid', errors: read.errors });
    const retried = row.jobId === null ? undefined : situations.retryable.get(row.jobId);
    if (retried !== undefined) {
      const verdict = retried.type === 'customer.provision' ? 'create' : 'update';
      const plan = { verdict, request: null, customerId: retried.customerId, fees: [], warnings: [] } as const;
      return { ...judged({ row, copyNo }, plan), retries: row.jobId };
    }
    const sender = { clientId: own.clientId, admin: own.byAdmin };
    const situation = { mode: own.mode, sender, ...situations.of(row, read.request, copyNo) };
    return judged({ row, copyNo }, judgeRow(read.request, situation, reference));
  });
}

type Found =
  | RowPlan
  | { readonly verdict: 'invalid'; readonly errors: readonly RowError[] }
  | (Omit<Extract<RowPlan, { verdict: 'create' | 'update' }>, 'request'> & { readonly request: null });

const NOTHING = { customerId: null, errors: [], warnings: [], fees: [], request: null, retries: null };

function judged(of: Pick<Judged, 'row' | 'copyNo'>, found: Found): Judged {
  return { ...NOTHING, ...of, ...found };
}
