import { loadJob } from '@qvara/store/jobs';
import type { Parts } from './parts.ts';
import type { Asked } from './route.ts';

type JobRow = Awaited<ReturnType<typeof loadJob>>;

/** Waits for the end of a job, that many seconds at most. Answers the job as it is then. */
export async function waitForEnd(
  parts: Parts,
  asked: Pick<Asked, 'viewer' | 'gone'>,
  wait: { job: JobRow; seconds: number },
): Promise<JobRow> {
  const { job, seconds } = wait;
  if (seconds === 0 || job.finishedAt !== null) return job;
  const load = () => loadJob(parts.ledger, asked.viewer, job.id);
  const signal = AbortSignal.any([AbortSignal.timeout(seconds * 1000), parts.stopping, asked.gone()]);
  await parts.follower.waitForEnd(job.id, signal, async () => (await load()).finishedAt !== null);
  return await load();
}
