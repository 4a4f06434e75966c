import { isIPv6 } from 'node:net';
import { CodedError } from '@qvara/contracts/failure';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const ATTEMPTS = 10;
const MINUTES = 5;

export type SignInLimit = {
  /** Counts an attempt. Throws `rate-limited`, with the seconds to wait, after ten within five minutes. */
  count(address: string): Promise<void>;
  /** Forgets the attempts: one of them was right. */
  forget(address: string): Promise<void>;
};

/** Limits the attempts to sign in per address; an IPv6 network of one customer counts as one. */
export function limitSignIns(): SignInLimit {
  const limiter = new RateLimiterMemory({ points: ATTEMPTS, duration: MINUTES * 60 });
  return {
    async count(address) {
      await limiter.consume(networkOf(address)).catch((refusal: unknown) => {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const retryAfter = Math.ceil(refusal.msBeforeNext / 1000);
        throw new CodedError('rate-limited', `Too many attempts. Try again in ${retryAfter} seconds.`, { retryAfter });
      });
    },
    async forget(address) {
      await limiter.delete(networkOf(address));
    },
  };
}

/** The address; of an IPv6 address its first 64 bits. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => part.split(':').filter(Boolean);
  const [before, after] = [groups(head), groups(tail ?? '')];
  const gap = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0');
  return [...before, ...gap, ...after].slice(0, 4).join(':').toLowerCase();
}
