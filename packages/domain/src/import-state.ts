import type { ImportState, ImportTotals, PauseReason } from '@qvara/contracts/imports';
import { budgetOf } from './import-progress.ts';

/** An import as far as its next state depends on it. */
export type Standing = {
  readonly state: ImportState;
  readonly dryRun: boolean;
  /** Whether it was ever set going. */
  readonly started: boolean;
  readonly finished: boolean;
  readonly pausedReason: PauseReason | null;
  readonly errorBudget: string | null;
  readonly failedBefore: number;
};

type Sums = ImportTotals & { readonly unchecked: number };

/** What an import moves to; with a reason when it stands still there. */
export type ImportMove = {
  readonly state: ImportState;
  readonly pause: { readonly reason: PauseReason; readonly detail: string } | null;
  /** Whether nothing of it will happen any more, unless somebody retries. */
  readonly finishes: boolean;
};

/**
 * What an import moves to by itself: from its check to its run, to a pause when too many rows have failed, and to its end
 * when no row waits or runs. `hasRoom`: what it waited for is there. Null when it stays.
 */
export function nextImportMove(standing: Standing, sums: Sums, hasRoom: boolean): ImportMove | null {
  if (standing.finished || (sums.unchecked > 0 && standing.state !== 'cancelled')) return null;
  const isOver = sums.pending === 0 && sums.running === 0;
  switch (standing.state) {
    case 'checking':
      return standing.dryRun && !standing.started ? to('ready') : isOver ? end(sums) : running(standing, sums);
    case 'running': {
      if (isOver) return end(sums);
      const next = running(standing, sums);
      return next.state === 'running' ? null : next;
    }
    case 'paused':
      if (isOver) return end(sums);
      return standing.pausedReason === 'no-capacity' && hasRoom ? running(standing, sums) : null;
    case 'cancelled':
      return sums.running === 0 ? { ...to('cancelled'), finishes: true } : null;
    default:
      return null;
  }
}

function to(state: ImportState): ImportMove {
  return { state, pause: null, finishes: false };
}

function end({ failed }: Sums): ImportMove {
  return { ...to(failed > 0 ? 'completed-with-failures' : 'completed'), finishes: true };
}

function running({ errorBudget, failedBefore }: Standing, { failed, rows }: Sums): ImportMove {
  const budget = budgetOf(errorBudget, rows);
  if (budget === null || failed - failedBefore <= budget) return to('running');
  const since = failedBefore === 0 ? '' : ` since it was resumed (${failed} in all)`;
  const detail = `${failed - failedBefore} rows have failed${since}; the error budget is ${errorBudget}.`;
  return { ...to('paused'), pause: { reason: 'error-budget', detail } };
}
