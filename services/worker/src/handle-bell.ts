import type { BellData } from '@qvara/queue/backend';
import type { BellAnswer, Handle } from '@qvara/queue/consumer';
import { randomToken } from '@qvara/runtime/crypto';
import type { Metrics } from '@qvara/runtime/metrics';
import type { ClaimAnswer, ClaimItem } from '@qvara/store/claim';
import type { AdvanceAnswer, AdvanceItem } from '@qvara/store/run-write';
import type { WorkerRef } from '@qvara/store/workers';
import type { ClaimedRun } from './claimed-run.ts';
import type { Company } from './company.ts';
import type { FairWrites } from './fair-writes.ts';
import { patiently, RunOver } from './patiently.ts';
import type { Turnstile } from './turnstile.ts';

type HandlerTools = {
  readonly worker: WorkerRef;
  readonly claim: (item: ClaimItem) => Promise<ClaimAnswer>;
  readonly writes: FairWrites<AdvanceItem, AdvanceAnswer>;
  readonly run: ClaimedRun;
  readonly turnstile: Turnstile;
  readonly company: Company;
  readonly metrics: Metrics;
};

const TOKEN_BYTES = 12;

/** Answers bells: claims the job it names, runs it, and says what became of it. */
export function createHandler({ worker, claim, writes, run, turnstile, company, metrics }: HandlerTools): Handle {
  const bells = metrics.counter({
    name: 'qvara_bells_total',
    help: 'Bells answered, by what became of them',
    labels: ['outcome'],
  });

  async function take(bell: BellData, signal: AbortSignal, alone: boolean): Promise<BellAnswer | 'alone'> {
    const token = randomToken(TOKEN_BYTES);
    const answer = await patiently(() => claim({ ...bell, token, worker, alone }), signal);
    if (answer.outcome === 'alone') return 'alone';
    if (answer.outcome === 'stale') return { outcome: 'stale' };
    const leave = writes.enter(answer.claim.job.clientId);
    company.note();
    try {
      return await run(answer.claim, { write: writes.write, signal });
    } finally {
      company.note();
      leave();
    }
  }

  async function attend(bell: BellData, signal: AbortSignal): Promise<BellAnswer> {
    const answer = await turnstile.together(() => take(bell, signal, false));
    if (answer !== 'alone') return answer;
    const second = await turnstile.alone(() => take(bell, signal, true));
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
