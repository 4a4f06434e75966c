import type { ServerResponse } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Refusal } from './refusal.ts';

const WINDOW_S = 60;

/** Counts a key's requests. Sets the headers that tell what is left; throws `rate-limited` when nothing is. */
export type RateLimit = (keyId: string, response: ServerResponse) => Promise<void>;

/** A limit of requests per minute and key. Each process of intake counts for itself. */
export function createRateLimit(perMinute: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_S });

  function tell(response: ServerResponse, { remainingPoints, msBeforeNext }: RateLimiterRes): number {
    const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
    response.setHeader('RateLimit-Policy', `"key";q=${perMinute};w=${WINDOW_S}`);
    response.setHeader('RateLimit', `"key";r=${Math.max(0, remainingPoints)};t=${seconds}`);
    return seconds;
  }

  return async (keyId, response) => {
    try {
      tell(response, await limiter.consume(keyId));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = tell(response, error);
      const message = `This key has made its ${perMinute} requests of this minute; go on in ${seconds} s.`;
      throw new Refusal('rate-limited', message, { headers: { 'Retry-After': String(seconds) } });
    }
  };
}
