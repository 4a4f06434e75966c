export type TimeLimit = {
  readonly signal: AbortSignal;
  /** Why the signal aborted, if it did. */
  reason(): 'timeout' | 'aborted' | undefined;
  /** The work's own outcome, or a rejection at once when the signal aborts, whether the work heeds it or not. */
  hold<T>(work: Promise<T>): Promise<T>;
  clear(): void;
};

/** A signal that aborts after `timeoutMs`, or when the other one does; to be cleared when the work is over. */
export function startLimit(timeoutMs: number, other: AbortSignal | undefined): TimeLimit {
  const cut = new AbortController();
  const { promise: over, reject } = Promise.withResolvers<never>();
  cut.signal.addEventListener('abort', () => reject(cut.signal.reason), { once: true });
  const abort = () => cut.abort('aborted');
  const timer = setTimeout(() => cut.abort('timeout'), timeoutMs);
  other?.addEventListener('abort', abort, { once: true });
  return {
    signal: cut.signal,
    reason: () => (cut.signal.aborted ? cut.signal.reason : undefined),
    hold(work) {
      if (other?.aborted) abort();
      return Promise.race([work, over]);
    },
    clear() {
      clearTimeout(timer);
      other?.removeEventListener('abort', abort);
    },
  };
}
