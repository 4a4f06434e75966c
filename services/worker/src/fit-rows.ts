import type { JobPayload } from '@qvara/contracts/jobs';
import type { Judged } from '@qvara/store/judge-rows';

/** Rows for which there is room, and those for which there is none. */
export type FitRows = { readonly fitting: readonly Judged[]; readonly lacking: readonly Judged[] };

/** Finds out which rows fit, in their order: each new customer takes a seat, one bound to a region takes it there. */
export function fitRows(rows: readonly Judged[], room: ReadonlyMap<string, number>): FitRows {
  const left = new Map(room);
  let total = [...room.values()].reduce((sum, seats) => sum + seats, 0);
  const fitting: Judged[] = [];
  const lacking: Judged[] = [];
  for (const row of rows) {
    const region = regionOf(row);
    const there = typeof region === 'string' ? (left.get(region) ?? 0) : total;
    const fits = region === null || there > 0;
    if (fits && region !== null) total -= 1;
    if (fits && typeof region === 'string') left.set(region, there - 1);
    (fits ? fitting : lacking).push(row);
  }
  return { fitting, lacking };
}

/** Where a row wants a seat; undefined: anywhere; null: it wants none. */
function regionOf({ verdict, request }: Judged): string | undefined | null {
  if (verdict !== 'create' || request === null) return null;
  return (request.payload as JobPayload<'customer.provision'>).region;
}
