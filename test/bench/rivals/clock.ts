import { spreadOf } from '../figures.ts';
import type { ProvisionerRun } from './provisioner.ts';

/** Times so many jobs: from the moment the first begins until the last is done. */
export type Clock = {
  /** Settles with the last job, or with the first that fails. */
  readonly finished: Promise<ProvisionerRun>;
  /** Carries out one job, or several that are done together. */
  time(work: () => Promise<void>, jobs?: number): Promise<void>;
};

export function openClock(jobs: number): Clock {
  const { promise, resolve, reject } = Promise.withResolvers<ProvisionerRun>();
  // Who starts the jobs may fail before it comes to wait for their end.
  promise.catch(() => undefined);
  let startedMs: number | undefined;
  let left = jobs;
  const tookMs: number[] = [];
  return {
    finished: promise,
    async time(work, done = 1) {
      const begunMs = performance.now();
      startedMs ??= begunMs;
      try {
        await work();
      } catch (error) {
        reject(error);
        throw error;
      }
      const doneMs = performance.now();
      tookMs.push(doneMs - begunMs);
      left -= done;
      if (left === 0) resolve({ jobs, seconds: (doneMs - startedMs) / 1_000, spread: spreadOf(tookMs) });
    },
  };
}
