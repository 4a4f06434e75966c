import type { Handle } from '@qvara/queue/consumer';
import { randomToken } from '@qvara/runtime/crypto';
import type { Logger } from '@qvara/runtime/logger';
import type { Metrics } from '@qvara/runtime/metrics';
import type { ClaimAnswer, ClaimItem } from '@qvara/store/claim';
import type { AdvanceAnswer, AdvanceItem } from '@qvara/store/run-write';
import type { Heartbeat } from './heartbeat.ts';
import { patiently, RunOver } from './patiently.ts';
import { openRun } from './run.ts';
import { runJob } from './run-job.ts';
import type { StepRunner } from './run-step.ts';

type HandlerTools = {
  readonly workerId: string;
  readonly claim: (item: ClaimItem) => Promise<ClaimAnswer>;
  readonly advance: (item: AdvanceItem) => Promise<AdvanceAnswer>;
  readonly abandon: (run: { readonly jobId: string; readonly claimNo: number }) => Promise<void>;
  readonly steps: StepRunner;
  readonly heartbeat: Heartbeat;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, 'error'>;
};

const TOKEN_BYTES = 12;

/** Answers bells: claims the job it names, runs it, and says what became of it. */
export function createHandler({
  workerId,
  claim,
  advance,
  abandon,
  steps,
  heartbeat,
  metrics,
  logger,
}: HandlerTools): Handle {
  const bells = metrics.counter({
    name: 'qvara_bells_total',
    help: 'Bells answered, by what became of them',
    labels: ['outcome'],
  });
  const running = metrics.gauge({ name: 'qvara_jobs_running', help: 'Jobs this worker holds claims on' });

  async function run(bell: { jobId: string; bellNo: number }, signal: AbortSignal): ReturnType<Handle> {
    const token = randomToken(TOKEN_BYTES);
    const answer = await patiently(() => claim({ ...bell, token, workerId }), signal);
    if (answer.outcome === 'stale') return { outcome: 'stale' };
    const release = heartbeat.hold();
    running.inc();
    try {
      return await runJob(openRun(answer.claim, advance, signal), steps, answer.claim.refusal);
    } catch (error) {
      if (error instanceof RunOver && error.why === 'interrupted') throw error;
      if (!(error instanceof RunOver))
        logger.error({ err: error, jobId: bell.jobId }, 'a run met a defect; the job is given back');
      // Fenced by the claim: when somebody else has the job by now, this does nothing.
      await abandon({ jobId: bell.jobId, claimNo: answer.claim.job.claimNo });
      throw error;
    } finally {
      running.dec();
      release();
    }
  }

  return async (bell, signal) => {
    try {
      const answer = await run(bell, signal);
      bells.inc({ outcome: answer.outcome });
      return answer;
    } catch (error) {
      const outcome = error instanceof RunOver ? error.why : 'defect';
      bells.inc({ outcome });
      if (!(error instanceof RunOver)) throw error;
      return { outcome: error.why };
    }
  };
}
