import { REFERENCE_SEED } from '@qvara/contracts/reference';
import { checkChunk } from './import-check.ts';
import { type ChunkClaim, claimChunk } from './import-chunks.ts';
import type { RowItem } from './import-row-item.ts';
import { findRungImport } from './import-run.ts';
import { readNextRows } from './open-rows.ts';
import type { JudgedImport } from './row-situations.ts';
import { sqlOn } from './sql.ts';
import { addImport, type TestFields } from './test-imports.ts';
import { freshId, type Process } from './test-ledger.ts';
import { beat } from './workers.ts';

type Plan = Parameters<typeof addImport>[2] & { readonly last?: boolean };
export type Going = {
  readonly id: string;
  readonly own: JudgedImport;
  readonly chunk: ChunkClaim;
  readonly items: readonly RowItem[];
};

/** An import that is checked and set going; the rows of its first chunk, or the `last`, ready to be accepted. */
export async function goingRows(process: Process, rows: readonly TestFields[], plan: Plan = {}): Promise<Going> {
  const { ledger, workerId } = process;
  const id = await addImport(ledger.pool, rows, plan);
  if (plan.last) await leaveLast(process, id);
  const own = (await findRungImport(ledger, { id, bellNo: 0 })) as JudgedImport;
  const open = (await claimChunk(ledger, id, workerId)) as ChunkClaim;
  await checkChunk(ledger, { import: own, chunk: open, reference: REFERENCE_SEED });
  await process.rows("update imports set state = 'running' where id = $1", [id]);
  const chunk = (await claimChunk(ledger, id, workerId)) ?? open;
  const { judged } = await readNextRows(ledger, { import: own, chunk, reference: REFERENCE_SEED, most: 500 });
  const items = judged.flatMap(({ row: { rowNo }, request }) =>
    request === null ? [] : [rowItem(process, chunk, { rowNo, request })],
  );
  return { id, own, chunk, items };
}

/** Somebody else works at all chunks but the last. */
async function leaveLast(process: Process, importId: string): Promise<void> {
  await beat(sqlOn(process.ledger.pool), [{ id: 'wrk_other', slots: 0, sharedSlots: 0 }]);
  await process.rows(
    `update import_chunks set worker_id = 'wrk_other' where import_id = $1
       and chunk_no < (select max(chunk_no) from import_chunks where import_id = $1)`,
    [importId],
  );
}

type Row = { readonly rowNo: number; readonly request: RowItem['accept']['request'] };

/** A row as a worker asks to accept it. */
export function rowItem(process: Process, { importId, chunkNo }: ChunkClaim, { rowNo, request }: Row): RowItem {
  const ids = { jobId: freshId('job'), newCustomerId: freshId('cus') };
  const sent = { clientId: 'cli_test', byAdmin: false, fingerprint: 'as sent', idempotencyKey: null };
  const worker = { id: process.workerId, slots: 0, sharedSlots: 0 };
  return { importId, chunkNo, rowNo, token: freshId('token'), worker, accept: { ...ids, ...sent, request } };
}
