import { REFERENCE_SEED } from '@qvara/contracts/reference';
import { checkChunk } from './import-check.ts';
import { type ChunkClaim, claimChunk } from './import-chunks.ts';
import type { RowItem } from './import-row-item.ts';
import { findRungImport } from './import-run.ts';
import { readNextRows } from './open-rows.ts';
import type { JudgedImport } from './row-situations.ts';
import { addImport, type TestFields } from './test-imports.ts';
import { freshId, type Process } from './test-ledger.ts';

type Plan = Parameters<typeof addImport>[2];
export type Going = {
  readonly id: string;
  readonly own: JudgedImport;
  readonly chunk: ChunkClaim;
  readonly items: readonly RowItem[];
};

/** An import that is checked and set going; the rows of its first chunk, ready to be accepted. */
export async function goingRows(process: Process, rows: readonly TestFields[], plan: Plan = {}): Promise<Going> {
  const { ledger, workerId } = process;
  const id = await addImport(ledger.pool, rows, plan);
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

type Row = { readonly rowNo: number; readonly request: RowItem['accept']['request'] };

/** A row as a worker asks to accept it. */
export function rowItem(process: Process, { importId, chunkNo }: ChunkClaim, { rowNo, request }: Row): RowItem {
  const ids = { jobId: freshId('job'), newCustomerId: freshId('cus') };
  const sent = { clientId: 'cli_test', byAdmin: false, fingerprint: 'as sent', idempotencyKey: null };
  const worker = { id: process.workerId, slots: 0, sharedSlots: 0 };
  return { importId, chunkNo, rowNo, token: freshId('token'), worker, accept: { ...ids, ...sent, request } };
}
