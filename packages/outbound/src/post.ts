import { CodedError } from '@qvara/contracts/failure';
import { Agent, type Dispatcher, errors } from 'undici';
import { createDialler } from './dial.ts';
import { explain } from './explain.ts';
import { readTarget } from './judge.ts';
import { readBody, readRetryAfter } from './read-answer.ts';
import { createResolver, type Resolver } from './resolve.ts';
import type { Allow } from './targets.ts';

export type PostRequest = {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal?: AbortSignal;
};
/** The target answered, with whatever status: a redirect is an answer like any other. `body` is its first KiB. */
export type Answered = {
  readonly outcome: 'answered';
  readonly status: number;
  readonly retryAfterMs: number | null;
  readonly body: string;
  readonly latencyMs: number;
};
/** No whole answer. `detail` says what to do, and may be shown to whoever owns the target. */
export type NotAnswered = {
  readonly outcome: 'unreachable' | 'timeout' | 'refused-target' | 'aborted';
  readonly detail: string;
  readonly latencyMs: number;
};
export type PosterOptions = {
  readonly allow: Allow;
  /** For everything: resolving the name, waiting for a connection, connecting, sending, headers and body. */
  readonly timeoutMs: number;
  readonly resolver?: Resolver;
};
export type Poster = {
  /** Never rejects for what a target does or fails to do; throws for headers that cannot be sent. */
  post(request: PostRequest): Promise<Answered | NotAnswered>;
  /** Ends what is under way as aborted, and closes the connections. */
  close(): Promise<void>;
};

/** As many requests to one origin run at once, each on a connection of its own; more of them wait their turn. */
const CONNECTIONS_PER_ORIGIN = 32;
const LONGEST_HEADERS_BYTES = 16_384;

/**
 * Posts to targets that strangers chose: only to addresses that are acceptable (see `checkTarget`), judged when a
 * connection is opened. Connections are kept for the next post; redirects are not followed, and no proxy is used.
 */
export function createPoster({ allow, timeoutMs, resolver = createResolver() }: PosterOptions): Poster {
  const agent = new Agent({
    connect: createDialler({ allow, resolver }, timeoutMs),
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: LONGEST_HEADERS_BYTES,
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async function send({ url, headers, body }: PostRequest, signal: AbortSignal): Promise<Told<Answered>> {
    const { origin, pathname, search } = readTarget(url);
    const request = { origin, path: pathname + search, method: 'POST', headers, body, signal } as const;
    const answer: Dispatcher.ResponseData = await agent.request(request);
    const retryAfterMs = readRetryAfter(answer.headers, Date.now());
    return { outcome: 'answered', status: answer.statusCode, retryAfterMs, body: await readBody(answer.body) };
  }

  async function post(request: PostRequest): Promise<Answered | NotAnswered> {
    const startedAt = performance.now();
    const limit = timeLimit(timeoutMs, request.signal);
    const told = await send(request, limit.signal)
      .catch((error: unknown) => notAnswered(error, limit.reason()))
      .finally(limit.clear);
    return { ...told, latencyMs: Math.round(performance.now() - startedAt) };
  }

  return { post, close: () => agent.destroy() };
}

type Told<T> = Omit<T, 'latencyMs'>;

function notAnswered(error: unknown, reason: 'timeout' | 'aborted' | undefined): Told<NotAnswered> {
  if (error instanceof errors.InvalidArgumentError) throw error;
  if (reason === 'timeout')
    return { outcome: 'timeout', detail: 'It did not answer whole in time: answer first, work later.' };
  if (
    reason === 'aborted' ||
    error instanceof errors.ClientDestroyedError ||
    error instanceof errors.ClientClosedError
  ) {
    return { outcome: 'aborted', detail: 'The request was broken off on our side.' };
  }
  if (error instanceof CodedError) return { outcome: 'refused-target', detail: error.message };
  return { outcome: 'unreachable', detail: explain(error) };
}

function timeLimit(timeoutMs: number, signal: AbortSignal | undefined) {
  const cut = new AbortController();
  const abort = () => cut.abort('aborted');
  const timer = setTimeout(() => cut.abort('timeout'), timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  return {
    signal: cut.signal,
    reason: (): 'timeout' | 'aborted' | undefined => (cut.signal.aborted ? cut.signal.reason : undefined),
    clear() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}
