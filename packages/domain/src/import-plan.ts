import type { ImportPlan } from '@qvara/contracts/imports';
import type { FeeLine } from '@qvara/contracts/job-answer';

/** A fee, and by how many rows it is incurred. */
export type FeeRows = FeeLine & { readonly rows: number };

type Found = {
  /** Seats by region; those that may be anywhere under the empty name. */
  readonly needed: readonly { readonly region: string; readonly needed: number }[];
  /** Head-room by region. */
  readonly free: ReadonlyMap<string, number>;
  readonly fees: readonly FeeRows[];
};

/** What a run would need and cost. Rows that may go anywhere take what the regions' own rows leave. */
export function importPlan({ needed, free, fees }: Found): ImportPlan {
  const bound = needed
    .filter(({ region }) => region !== '')
    .map(({ region, needed: count }) => capacityOf(region, count, free.get(region) ?? 0));
  const taken = bound.reduce((sum, one) => sum + Math.min(one.needed, one.free), 0);
  const total = [...free.values()].reduce((sum, seats) => sum + seats, 0);
  const anywhere = needed
    .filter(({ region }) => region === '')
    .map(({ needed: count }) => capacityOf(null, count, total - taken));
  return { capacity: [...bound, ...anywhere], fees: [...fees] };
}

function capacityOf(region: string | null, needed: number, free: number): ImportPlan['capacity'][number] {
  return { region, needed, free, missing: Math.max(0, needed - free) };
}
