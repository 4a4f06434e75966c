import type { ImportPlan } from '@qvara/contracts/imports';
import { regionWanted } from '@qvara/domain/fit-rows';
import type { ChunkClaim } from './import-chunks.ts';
import type { Judged } from './judge-rows.ts';
import type { Sql } from './sql.ts';

type Fees = ImportPlan['fees'];
/** What the rows of a chunk would need: seats by region, under the empty name those that may be anywhere, and fees. */
export type ChunkPlan = { readonly seats: Readonly<Record<string, number>>; readonly fees: Fees };

/** What a chunk needs with these rows, beside those that are not judged now. A row that was tried was counted before. */
export function planOf(before: ChunkPlan, judged: readonly Judged[]): ChunkPlan {
  const added = judged.filter(({ row }) => !row.tried);
  return { seats: seatsOf(before.seats, added), fees: feesOf(before.fees, added) };
}

export async function writePlan(sql: Sql, { importId, chunkNo }: ChunkClaim, plan: ChunkPlan): Promise<void> {
  await sql.query('update import_chunks set seats = $3, fees = $4 where import_id = $1 and chunk_no = $2', [
    importId,
    chunkNo,
    JSON.stringify(plan.seats),
    JSON.stringify(plan.fees),
  ]);
}

function seatsOf(before: ChunkPlan['seats'], judged: readonly Judged[]): ChunkPlan['seats'] {
  const seats = { ...before };
  for (const region of judged.map(regionWanted)) if (region !== null) seats[region] = (seats[region] ?? 0) + 1;
  return seats;
}

function feesOf(before: Fees, judged: readonly Judged[]): Fees {
  const lines = new Map<string, Fees[number]>();
  const all = [...before, ...judged.flatMap(({ fees }) => fees.map((fee) => ({ ...fee, rows: 1 })))];
  for (const { rows, ...fee } of all) {
    const { code, setting, amountMinor, currency, per } = fee;
    // The ledger keeps fields in an order of its own.
    const name = JSON.stringify([code, setting, amountMinor, currency, per]);
    lines.set(name, { ...fee, rows: (lines.get(name)?.rows ?? 0) + rows });
  }
  return [...lines.values()];
}
