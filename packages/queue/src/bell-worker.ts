import {
  type IQueueBackend,
  type Job,
  type JobProgress,
  type Span,
  UnrecoverableError,
  WaitingError,
  Worker,
} from 'bullmq';
import type { BellData } from './backend.ts';

/**
 * A worker that shows as failed only what was given up. BullMQ itself also fails a job when the answer "done" cannot be
 * written; here that bell keeps its lock until it runs out, is delivered again and found stale.
 */
export class BellWorker<B extends IQueueBackend, C> extends Worker<
  BellData,
  Job['returnvalue'],
  string,
  B,
  JobProgress,
  C
> {
  protected override async handleFailed(
    error: Error,
    job: Job<BellData>,
    ...rest: [token: string, fetchNext?: () => boolean, span?: Span]
  ): Promise<Job<BellData>> {
    if (error instanceof UnrecoverableError || error instanceof WaitingError) {
      return super.handleFailed(error, job, ...rest);
    }
    this.emit('error', error);
    // BullMQ's own type leaves out that there may be no next job.
    return undefined as unknown as Job<BellData>;
  }
}
