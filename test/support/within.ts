/**
 * Waits for work that has so long, and aborts it then. Throws at the deadline whatever the work does: a fetch was seen to
 * stay pending for ever when its connection was cut, its own signal forgotten.
 */
export async function within<T>(deadlineMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    over.abort();
    reject(new DOMException(`no answer within ${deadlineMs} ms`, 'TimeoutError'));
  }, deadlineMs);
  try {
    return await Promise.race([work(over.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
