/** Signals that ask for a stop: Ctrl-C, a supervisor, a closed terminal. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C can arrive twice: from the terminal and passed on by the package manager. */
const sameRequestMs = 500;

export type StopRequest = {
  /** Resolves at the first request. */
  asked: Promise<void>;
  /** Resolves at the second: the person is in a hurry. */
  hurried: Promise<void>;
};

/** Listens for requests to stop from now on; the process no longer ends by itself on these signals. */
export function listenForStop(): StopRequest {
  const asked = Promise.withResolvers<void>();
  const hurried = Promise.withResolvers<void>();
  let firstMs = 0;
  const hear = () => {
    firstMs ||= performance.now();
    asked.resolve();
    if (performance.now() - firstMs > sameRequestMs) hurried.resolve();
  };
  for (const signal of signals) process.on(signal, hear);
  return { asked: asked.promise, hurried: hurried.promise };
}
