export type Limit = {
  /** No limit without it. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Does what may be broken off: rejects when the signal aborts or the time is over, whether the work heeds that or not (a
 * fetch was seen to stay pending when its connection was cut). The work's own signal outlives the limit: of a stream it is
 * still the caller's.
 */
export async function withinLimit<T>(limit: Limit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const signal = limit.signal === undefined ? late.signal : AbortSignal.any([late.signal, limit.signal]);
  signal.throwIfAborted();
  const { promise: over, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const { timeoutMs } = limit;
  const timeout = () => late.abort(new DOMException(`it did not answer within ${timeoutMs} ms`, 'TimeoutError'));
  const timer = timeoutMs === undefined ? undefined : setTimeout(timeout, timeoutMs);
  try {
    return await Promise.race([work(signal), over]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** Lets so much time pass. Rejects at once when the signal aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await withinLimit({ signal }, () => new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))));
  } finally {
    clearTimeout(timer);
  }
}
