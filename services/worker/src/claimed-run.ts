import type { BellAnswer } from '@qvara/queue/consumer';
import type { Logger } from '@qvara/runtime/logger';
import type { Metrics } from '@qvara/runtime/metrics';
import type { Claim } from '@qvara/store/claim';
import type { AdvanceAnswer, AdvanceItem } from '@qvara/store/run-write';
import type { Heartbeat } from './heartbeat.ts';
import { patiently, RunOver } from './patiently.ts';
import { openRun } from './run.ts';
import { runJob } from './run-job.ts';
import type { StepRunner } from './run-step.ts';

type Tools = {
  readonly abandon: (run: { readonly jobId: string; readonly claimNo: number }) => Promise<void>;
  readonly steps: StepRunner;
  readonly heartbeat: Heartbeat;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, 'error'>;
};

type Means = { readonly write: (item: AdvanceItem) => Promise<AdvanceAnswer>; readonly signal: AbortSignal };

/** Runs a job that this worker has claimed, and says what became of it. Throws RunOver when it is not the worker's any more. */
export type ClaimedRun = (claim: Claim, means: Means) => Promise<BellAnswer>;

/** Runs claimed jobs: the worker beats meanwhile, and what meets a defect is given back. */
export function createClaimedRun({ abandon, steps, heartbeat, metrics, logger }: Tools): ClaimedRun {
  const running = metrics.gauge({ name: 'qvara_jobs_running', help: 'Jobs this worker holds claims on' });

  return async (claim, { write, signal }) => {
    const { id: jobId, claimNo } = claim.job;
    const release = heartbeat.hold();
    running.inc();
    try {
      return await runJob(openRun(claim, write, signal), steps, claim.refusal);
    } catch (error) {
      if (error instanceof RunOver && error.why === 'interrupted') throw error;
      if (!(error instanceof RunOver)) logger.error({ err: error, jobId }, 'a run met a defect; the job is given back');
      // Until this is answered the claim is held: while this worker lives, nobody else would take the job from it. It is
      // fenced: when somebody else has the job by now, it does nothing.
      await patiently(() => abandon({ jobId, claimNo }), signal);
      throw error;
    } finally {
      running.dec();
      release();
    }
  };
}
