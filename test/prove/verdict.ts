import { findDeliveredOutOfOrder, findUndelivered } from './deliveries.ts';
import type { Counter, Evidence, Offence } from './evidence.ts';
import { findGaps } from './gaps.ts';
import { findInexact } from './imports.ts';
import { findLeaked } from './leaked.ts';
import { findLost } from './lost.ts';
import { findOutOfOrder } from './out-of-order.ts';
import { findRepeated } from './repeated.ts';

/** What must be zero, in the order of the report. */
export const COUNTERS = {
  lost: findLost,
  repeated: findRepeated,
  'out of order': findOutOfOrder,
  gaps: findGaps,
  leaked: findLeaked,
  undelivered: findUndelivered,
  'delivered out of order': findDeliveredOutOfOrder,
  'imports inexact': findInexact,
} as const satisfies Record<string, Counter>;

export type CounterName = keyof typeof COUNTERS;
export type Verdict = Readonly<Record<CounterName, readonly Offence[]>>;

/** Counts everything that must be zero. */
export function judge(evidence: Evidence): Verdict {
  const found = Object.entries(COUNTERS).map(([name, find]) => [name, find(evidence)]);
  return Object.fromEntries(found) as Verdict;
}

/** Whether everything is zero. */
export function isClean(verdict: Verdict): boolean {
  return Object.values(verdict).every((offences) => offences.length === 0);
}
