import { QUEUE_NAMES } from '@qvara/contracts/jobs';
import { createConsumer } from '@qvara/queue/consumer';
import { sealer } from '@qvara/runtime/crypto';
import type { Logger } from '@qvara/runtime/logger';
import type { Metrics } from '@qvara/runtime/metrics';
import { advanceVerb } from '@qvara/store/advance';
import { claimVerb } from '@qvara/store/claim';
import { coalesce } from '@qvara/store/coalesce';
import { createReferenceReader } from '@qvara/store/reference';
import { abandonRun } from '@qvara/store/sweep';
import type { WorkerRef } from '@qvara/store/workers';
import { createClaimedRun } from './claimed-run.ts';
import { createCompany } from './company.ts';
import type { WorkerConfig } from './config.ts';
import { createFairWrites } from './fair-writes.ts';
import { createHandler } from './handle-bell.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { openMeans } from './means.ts';
import type { Platform } from './platform-calls.ts';
import { createStepRunner } from './run-step.ts';
import { createTurnstile } from './turnstile.ts';

type Means = Pick<Awaited<ReturnType<typeof openMeans>>, 'ledger' | 'backend' | 'announcer' | 'onError'>;
type Crew = {
  readonly worker: WorkerRef;
  readonly platform: Platform;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, 'error'>;
};

/** All that a worker has for jobs: who takes their bells, and how a claimed one is run, whoever claimed it. */
export function openJobs(config: WorkerConfig, means: Means, { worker, platform, metrics, logger }: Crew) {
  const { ledger, backend, announcer, onError } = means;
  const { announce } = announcer;
  const reference = createReferenceReader(ledger);
  const tools = { platform, sealer: sealer(config.SECRET_KEY), reference, sipDomain: config.SIP_DOMAIN };
  const heartbeat = createHeartbeat(ledger, worker);
  const run = createClaimedRun({
    abandon: (run) => abandonRun(ledger, announce, run),
    steps: createStepRunner(tools, logger),
    heartbeat,
    metrics,
    logger,
  });
  const company = createCompany();
  const turnstile = createTurnstile();
  const handle = createHandler({
    worker,
    claim: coalesce(claimVerb(ledger, announce)),
    writes: createFairWrites(advanceVerb(ledger, announce), ({ job }) => job.clientId),
    run,
    turnstile,
    company,
    metrics,
  });
  const consumers = QUEUE_NAMES.map((queue) =>
    createConsumer({ backend, queue, concurrency: config.WORKER_CONCURRENCY, handle, onError }),
  );
  return {
    reference,
    heartbeat,
    run,
    company,
    turnstile,
    start(): void {
      for (const consumer of consumers) void consumer.start();
    },
    /** Breaks off what runs, within so many milliseconds. It is still claimed. */
    async stop(deadlineMs: number): Promise<void> {
      await Promise.all(consumers.map((consumer) => consumer.close(deadlineMs)));
    },
  };
}
