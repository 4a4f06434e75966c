import { createPoster, type PosterOptions } from './post.ts';
import { parseAllow } from './targets.ts';

/** A poster that may reach the first address of the loopback and no other inside; patient, for loaded machines. */
export function testPoster(options: Partial<PosterOptions> = {}) {
  const poster = createPoster({ allow: parseAllow('127.0.0.1/32'), timeoutMs: 20_000, ...options });
  return {
    post: (url: string, signal?: AbortSignal) =>
      poster.post({ url, headers: { 'content-type': 'application/json' }, body: '{}', ...(signal && { signal }) }),
    [Symbol.asyncDispose]: () => poster.close(),
  };
}
