import { type ImportRow, importAnswer, loadPlan } from '@qvara/store/imports';
import type { Ledger } from '@qvara/store/orm';
import type { Reply } from './route.ts';

/** An import as it is answered, with its plan. */
export async function importReply(ledger: Ledger, row: ImportRow, status: 200 | 202): Promise<Reply> {
  const headers = status === 202 ? { Location: `/v1/imports/${row.id}` } : {};
  return { status, body: importAnswer(row, await loadPlan(ledger, row)), headers };
}
