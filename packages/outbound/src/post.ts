import { CodedError } from '@qvara/contracts/failure';
import { Agent, errors } from 'undici';
import { createDialler } from './dial.ts';
import { explain } from './explain.ts';
import { readTarget } from './judge.ts';
import { readBody, readRetryAfter } from './read-answer.ts';
import { createResolver, type Resolver } from './resolve.ts';
import type { Allow } from './targets.ts';
import { startLimit } from './time-limit.ts';

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

/**
 * As many requests to one origin run at once, each on a connection of its own; more of them wait their turn. Many clients
 * may have targets at one origin: the slow ones among them must not take it from the others.
 */
const CONNECTIONS_PER_ORIGIN = 256;
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

  let closed = false;

  async function send({ url, headers, body }: PostRequest, signal: AbortSignal): Promise<Told<Answered>> {
    const { origin, pathname, search } = readTarget(url);
    const request = { origin, path: pathname + search, method: 'POST', headers, body, signal } as const;
    const answer = await agent.request(request);
    const retryAfterMs = readRetryAfter(answer.headers, Date.now());
    return { outcome: 'answered', status: answer.statusCode, retryAfterMs, body: await readBody(answer.body) };
  }

  async function post(request: PostRequest): Promise<Answered | NotAnswered> {
    const startedAt = performance.now();
    const limit = startLimit(timeoutMs, request.signal);
    // A request that waits for a connection does not heed its signal.
    const told = await limit
      .hold(send(request, limit.signal))
      .catch((error: unknown) => notAnswered(error, closed ? 'aborted' : limit.reason()))
      .finally(limit.clear);
    return { ...told, latencyMs: Math.round(performance.now() - startedAt) };
  }

  async function close(): Promise<void> {
    closed = true;
    await agent.destroy();
  }

  return { post, close };
}

type Told<T> = Omit<T, 'latencyMs'>;

const CUT = {
  timeout: 'It did not answer whole in time: let it answer first and work afterwards.',
  aborted: 'It was broken off on our side.',
};

function notAnswered(error: unknown, cut: keyof typeof CUT | undefined): Told<NotAnswered> {
  if (error instanceof errors.InvalidArgumentError) throw error;
  if (cut !== undefined) return { outcome: cut, detail: CUT[cut] };
  if (error instanceof CodedError) return { outcome: 'refused-target', detail: error.message };
  return { outcome: 'unreachable', detail: explain(error) };
}
