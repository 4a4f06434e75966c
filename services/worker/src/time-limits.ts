/** Steps begun within so many milliseconds share a signal: one for each, with its timer, would cost more than a quick step. */
const SHARED_FOR_MS = 250;

type Shared = { readonly signal: AbortSignal; readonly untilMs: number };

/** Answers a signal that is aborted with `stop`, or when `timeoutMs` milliseconds are over: up to a quarter of a second later. */
export type TimeLimits = (stop: AbortSignal, timeoutMs: number) => AbortSignal;

/** Makes time limits that calls made about the same time share. */
export function createTimeLimits(): TimeLimits {
  const newest = new WeakMap<AbortSignal, Map<number, Shared>>();

  return (stop, timeoutMs) => {
    const limits = newest.get(stop) ?? new Map<number, Shared>();
    newest.set(stop, limits);
    const nowMs = performance.now();
    const known = limits.get(timeoutMs);
    if (known !== undefined && nowMs < known.untilMs) return known.signal;
    const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs + SHARED_FOR_MS)]);
    limits.set(timeoutMs, { signal, untilMs: nowMs + SHARED_FOR_MS });
    return signal;
  };
}
