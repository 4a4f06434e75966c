import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

/** The run's Redis. Flush or stop one of your own instead (`startRedis`): others use this one at the same time. */
export function redisUrl(): string {
  return inject('redisUrl');
}

/** A prefix for queues that no other test file uses; the braces keep it on one node of a cluster. */
export function uniquePrefix(): string {
  return `{test-${randomBytes(6).toString('hex')}}`;
}
