import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import type { JobAnswer, JobState } from '@qvara/contracts/job-answer';
import type { JobRequest } from '@qvara/contracts/jobs';
import type { Session } from '../session.ts';
import { jobText, planText } from '../views/job.ts';
import { wholeNumber } from './listing.ts';
import { watchJob } from './watch-job.ts';

/** What may be said of every job that is posted. */
export type PostingOptions = {
  readonly wait: boolean;
  readonly timeout?: number | undefined;
  readonly dryRun?: true | undefined;
  readonly externalId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
};

export const timeoutOption = () => new Option('--timeout <seconds>', 'wait so long at most').argParser(wholeNumber);

/** Lets a command take what may be said of every job. */
export function posting<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .addOption(new Option('--dry-run', 'tell what would happen and cost, and change nothing'))
    .addOption(new Option('--no-wait', 'end when the job is accepted, not when it has ended'))
    .addOption(timeoutOption())
    .addOption(new Option('--external-id <id>', 'your own id for this job: sent again with it, it is the same job'))
    .addOption(
      new Option('--idempotency-key <key>', 'sent again with it, it is the same job (default: a new one each time)'),
    );
}

/** Lets a command say which version of the customer its change is meant for. */
export const expectedVersionOption = () =>
  new Option('--expected-version <version>', 'change nothing if the customer has another version').argParser(
    wholeNumber,
  );

/** The customer a job is for: an id, or `ref:` and the reference. */
export function targetOf(name: string): { customerId: string } | { customerRef: string } {
  return name.startsWith('ref:') ? { customerRef: name.slice('ref:'.length) } : { customerId: name };
}

export const CUSTOMER_ARGUMENT = [
  '<customer>',
  "a customer's id, or ref: and its reference, such as ref:crm-42",
] as const;

/** Posts a job and shows what became of it, to its end unless told otherwise. */
export async function postJob(session: Session, request: JobRequest, options: PostingOptions): Promise<void> {
  const { client, out, signal } = session;
  const { externalId, idempotencyKey } = options;
  const whole = { ...request, ...(externalId !== undefined && { externalId }) };
  if (options.dryRun) {
    const plan = await client.jobs.plan(whole, { signal });
    out.result(plan, () => planText(plan, out.paint));
    return;
  }
  const { job, replayed } = await client.jobs.post(whole, { idempotencyKey, signal });
  if (replayed) out.note(`This is ${job.id}, which an earlier request has posted.`);
  if (options.wait) showEnd(session, await watchJob(session, job.id, options.timeout), 'completed');
  else out.result(job, () => jobText(job, out.paint));
}

/** Shows a job at its end; the exit status says whether that is the one that was wanted. */
export function showEnd({ out, endBadly }: Session, job: JobAnswer, wanted: JobState): void {
  out.result(job, () => jobText(job, out.paint));
  if (job.state !== wanted) endBadly();
}
