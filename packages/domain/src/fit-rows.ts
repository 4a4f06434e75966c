import type { RowVerdict } from '@qvara/contracts/imports';
import type { JobPayload, JobRequest } from '@qvara/contracts/jobs';

type JudgedRow = { readonly verdict: RowVerdict; readonly request: JobRequest | null };

/** The name under which seats are counted that may be in any region. */
export const ANYWHERE = '';

/** Where a row wants a seat: a region, or `ANYWHERE`; null when it wants none. */
export function regionWanted({ verdict, request }: JudgedRow): string | null {
  if (verdict !== 'create' || request === null) return null;
  return (request.payload as JobPayload<'customer.provision'>).region ?? ANYWHERE;
}

/** Rows for which there is room, and those for which there is none. */
export type FitRows<Row> = { readonly fitting: readonly Row[]; readonly lacking: readonly Row[] };

/** Finds out which rows fit, in their order: each new customer takes a seat, one bound to a region takes it there. */
export function fitRows<Row extends JudgedRow>(rows: readonly Row[], room: ReadonlyMap<string, number>): FitRows<Row> {
  const left = new Map(room);
  let total = [...room.values()].reduce((sum, seats) => sum + seats, 0);
  const fitting: Row[] = [];
  const lacking: Row[] = [];
  for (const row of rows) {
    const region = regionWanted(row);
    const isBound = region !== null && region !== ANYWHERE;
    const there = isBound ? (left.get(region) ?? 0) : total;
    const fits = region === null || there > 0;
    if (fits && region !== null) total -= 1;
    if (fits && isBound) left.set(region, there - 1);
    (fits ? fitting : lacking).push(row);
  }
  return { fitting, lacking };
}
