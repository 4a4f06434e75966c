import type { ImportProgress, ImportState, ImportTotals } from '@qvara/contracts/imports';

/** An import as far as its progress goes; `rate`: rows a second, when it was last measured. */
export type Moving = { readonly state: ImportState; readonly rate: number | null };

/** How quickly an import goes on and when it would be through; nothing is told of one that stands still. */
export function progressOf({ state, rate }: Moving, { pending, running }: ImportTotals): ImportProgress {
  if ((state !== 'checking' && state !== 'running') || rate === null) return { rowsPerSecond: null, etaSeconds: null };
  const left = pending + running;
  const rowsPerSecond = Math.round(rate * 10) / 10;
  return { rowsPerSecond, etaSeconds: state === 'checking' || rate <= 0 ? null : Math.ceil(left / rate) };
}

/** Rows as they are told: what a cancelled import had not begun is skipped, although nobody has touched it. */
export function toldTotals(state: ImportState, totals: ImportTotals): ImportTotals {
  if (state !== 'cancelled') return totals;
  return { ...totals, pending: 0, skipped: totals.skipped + totals.pending };
}

/** How many failed rows an import bears, of so many; null when it bears any number. */
export function budgetOf(errorBudget: string | null, rows: number): number | null {
  if (errorBudget === null) return null;
  return errorBudget.endsWith('%') ? (Number(errorBudget.slice(0, -1)) / 100) * rows : Number(errorBudget);
}
