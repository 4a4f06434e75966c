import { hasEnded } from '@qvara/client/jobs';
import type { JobAnswer } from '@qvara/contracts/job-answer';
import type { Standing } from '../progress.ts';
import type { Session } from '../session.ts';
import { visible } from '../text.ts';

/** Follows a job to its end, with a bar that shows its steps. Throws what the signal says when the time is over. */
export async function watchJob(session: Session, id: string, timeoutSeconds?: number): Promise<JobAnswer> {
  const { client, out } = session;
  const signal = withTimeout(session.signal, timeoutSeconds);
  const progress = session.progress();
  try {
    for await (const job of client.jobs.watch(id, { signal })) {
      if (hasEnded(job)) return job;
      progress.show(standingOf(job));
    }
    return await client.jobs.get(id, { signal });
  } catch (error) {
    progress.stop();
    if (signal.aborted) out.note(`${id} goes on; see it by: qvara jobs watch ${id}`);
    throw error;
  } finally {
    progress.stop();
  }
}

/** A signal that also aborts when so many seconds are over. */
export function withTimeout(signal: AbortSignal, seconds: number | undefined): AbortSignal {
  return seconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
}

/** How far a job has come, in a few words. */
export function standingOf({ id, state, phase, steps, held, failure, dueAt }: JobAnswer): Standing {
  const done = steps.filter((step) => step.state === 'succeeded').length;
  const now = steps.find((step) => step.state === 'running' || step.state === 'undoing');
  const words = [id, state];
  if (phase === 'undo') words.push('undoing');
  if (now !== undefined) words.push(now.name);
  if (held !== null) words.push(held.detail);
  if (state === 'waiting' && dueAt !== null) words.push(`until ${dueAt}`);
  if (failure !== null) words.push(failure.message);
  return { done, total: steps.length, words: visible(words.join(' ')) };
}
