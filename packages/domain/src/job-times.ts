/**
 * How long completed jobs of one kind took: how many of them each bucket holds, the newer ones counting for more. A bucket
 * goes a fifth further than the one before it; the last one ends after forty days.
 */
export type JobTimes = readonly number[];

/** What is expected of a job of that kind. */
export type Expectation = {
  /** The time that 99 of 100 took at most, a fifth more at the worst. */
  readonly p99Ms: number;
  /** After so long a job is more likely to miss that time than not. */
  readonly lateAfterMs: number;
};

const BUCKETS = 128;
const BUCKETS_PER_DOUBLING = 4;
/** So many jobs are remembered; of more, the older ones fade. */
const MOST = 5_000;
/** Fewer say nothing about one in a hundred. */
const FEWEST = 100;
/** Of the jobs that are open when 98 of 100 are done, every other one takes longer than 99 of 100 do. */
const LIKELY = 0.98;
/** What is over by itself by then is no reason to alarm: a worker or a queue that was lost costs about so much. */
const LEAST_MS = 30_000;

/** The times with those of more jobs. */
export function addTimes(times: JobTimes, tookMs: readonly number[]): JobTimes {
  const counts = Array.from({ length: BUCKETS }, (_, bucket) => times[bucket] ?? 0);
  for (const ms of tookMs) {
    const bucket = bucketOf(ms);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const faded = Math.min(1, MOST / sum(counts));
  return counts.map((count) => count * faded);
}

/** What these times say of a job that is open; null when they are too few to say anything. */
export function expectation(times: JobTimes): Expectation | null {
  if (sum(times) < FEWEST) return null;
  return { p99Ms: within(times, 0.99), lateAfterMs: Math.max(LEAST_MS, within(times, LIKELY)) };
}

function bucketOf(ms: number): number {
  return Math.min(BUCKETS - 1, Math.ceil(BUCKETS_PER_DOUBLING * Math.log2(Math.max(1, ms))));
}

/** Milliseconds within which this share of the jobs was done. */
function within(times: JobTimes, share: number): number {
  const enough = sum(times) * share;
  let done = 0;
  const bucket = times.findIndex((count) => {
    done += count;
    return done >= enough;
  });
  return Math.ceil(2 ** (bucket / BUCKETS_PER_DOUBLING));
}

function sum(times: JobTimes): number {
  return times.reduce((total, count) => total + count, 0);
}
