import type { Happened, Transition } from './job-event.ts';
import type { Job } from './life.ts';

/** The job is likely to miss the time that its kind takes. Told once, whatever becomes of it, a retry included. */
export function late(job: Job, { p99Ms }: Happened<'late'>, now: string): Transition {
  const { begunAt, attempt, held, failure } = job;
  if (begunAt === null) throw new Error('a job cannot be late before it has begun');
  const expectedBy = new Date(Date.parse(begunAt) + p99Ms).toISOString();
  return {
    job: { ...job, lateAt: now },
    told: [{ name: 'job.late', attempt, detail: { begunAt, expectedBy, p99Ms, held, failure } }],
  };
}
