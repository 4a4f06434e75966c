import type { BellData } from '@qvara/queue/backend';
import type { BellAnswer, Handle } from '@qvara/queue/consumer';
import { randomToken } from '@qvara/runtime/crypto';
import type { Logger } from '@qvara/runtime/logger';
import type { Metrics } from '@qvara/runtime/metrics';
import type { ClaimAnswer, ClaimItem } from '@qvara/store/claim';
import type { AdvanceAnswer, AdvanceItem } from '@qvara/store/run-write';
import type { WorkerRef } from '@qvara/store/workers';
import type { FairWrites } from './fair-writes.ts';
import type { Heartbeat } from './heartbeat.ts';
import { patiently, RunOver } from './patiently.ts';
import { openRun } from './run.ts';
import { runJob } from './run-job.ts';
import type { StepRunner } from './run-step.ts';
import { createTurnstile } from './turnstile.ts';

type HandlerTools = {
  readonly worker: WorkerRef;
  readonly claim: (item: ClaimItem) => Promise<ClaimAnswer>;
  readonly writes: FairWrites<AdvanceItem, AdvanceAnswer>;
  readonly abandon: (run: { readonly jobId: string; readonly claimNo: number }) => Promise<void>;
  readonly steps: StepRunner;
  readonly heartbeat: Heartbeat;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, 'error'>;
};

const TOKEN_BYTES = 12;

/** Answers bells: claims the job it names, runs it, and says what became of it. */
export function createHandler({
  worker,
  claim,
  writes,
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

  const turnstile = createTurnstile();

  async function run(bell: BellData, signal: AbortSignal, alone: boolean): Promise<BellAnswer | 'alone'> {
    const token = randomToken(TOKEN_BYTES);
    const answer = await patiently(() => claim({ ...bell, token, worker, alone }), signal);
    if (answer.outcome === 'alone') return 'alone';
    if (answer.outcome === 'stale') return { outcome: 'stale' };
    const release = heartbeat.hold();
    const leave = writes.enter(answer.claim.job.clientId);
    running.inc();
    try {
      return await runJob(openRun(answer.claim, writes.write, signal), steps, answer.claim.refusal);
    } catch (error) {
      if (error instanceof RunOver && error.why === 'interrupted') throw error;
      if (!(error instanceof RunOver))
        logger.error({ err: error, jobId: bell.jobId }, 'a run met a defect; the job is given back');
      // Until this is answered the claim is held: while this worker lives, nobody else would take the job from it. It is
      // fenced: when somebody else has the job by now, it does nothing.
      await patiently(() => abandon({ jobId: bell.jobId, claimNo: answer.claim.job.claimNo }), signal);
      throw error;
    } finally {
      running.dec();
      leave();
      release();
    }
  }

  async function attend(bell: BellData, signal: AbortSignal): Promise<BellAnswer> {
    const answer = await turnstile.together(() => run(bell, signal, false));
    if (answer !== 'alone') return answer;
    const second = await turnstile.alone(() => run(bell, signal, true));
    return second === 'alone' ? { outcome: 'stale' } : second;
  }

  return async (bell, signal) => {
    try {
      const answer = await attend(bell, signal);
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
