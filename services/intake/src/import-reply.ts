import { type ImportRow, importAnswer, loadPlan } from '@qvara/store/imports';
import type { Parts } from './parts.ts';
import type { Reply } from './route.ts';

/** An import as it is answered, with its plan. By a 202 something may begin: then it is rung as well. */
export async function importReply(
  { ledger, ringImport }: Pick<Parts, 'ledger' | 'ringImport'>,
  row: ImportRow,
  status: 200 | 202,
): Promise<Reply> {
  if (status === 202) ringImport(row.id);
  const headers = status === 202 ? { Location: `/v1/imports/${row.id}` } : {};
  return { status, body: importAnswer(row, await loadPlan(ledger, row)), headers };
}
