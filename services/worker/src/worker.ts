import { QUEUE_NAMES } from '@qvara/contracts/jobs';
import { openDriver } from '@qvara/platform/drivers';
import { createConsumer } from '@qvara/queue/consumer';
import { randomToken, sealer } from '@qvara/runtime/crypto';
import type { Service } from '@qvara/runtime/lifecycle';
import type { Logger } from '@qvara/runtime/logger';
import { createMetrics } from '@qvara/runtime/metrics';
import { createProbes, startProbeServer } from '@qvara/runtime/probes';
import { advanceVerb } from '@qvara/store/advance';
import { claimVerb } from '@qvara/store/claim';
import { coalesce } from '@qvara/store/coalesce';
import { closeLedger, ping } from '@qvara/store/orm';
import { createReferenceReader } from '@qvara/store/reference';
import { sqlOn } from '@qvara/store/sql';
import { abandonRun, releaseWorker } from '@qvara/store/sweep';
import { forgetWorker } from '@qvara/store/workers';
import type { WorkerConfig } from './config.ts';
import { createFairWrites } from './fair-writes.ts';
import { createHandler } from './handle-bell.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createHousekeeping } from './housekeeping.ts';
import { openMeans } from './means.ts';
import { type StopAct, stopInOrder } from './orderly-stop.ts';
import { createPlatform } from './platform-calls.ts';
import { createRescue } from './rescue.ts';
import { createStepRunner } from './run-step.ts';

/** Wires a worker together and starts it. */
export async function startWorker(config: WorkerConfig, logger: Logger): Promise<Service> {
  const worker = {
    id: `wrk_${randomToken(12)}`,
    slots: config.WORKER_CONCURRENCY,
    sharedSlots: config.WORKER_SHARED_CONCURRENCY,
  };
  const { ledger, backend, producer, announcer, dueTimes, onError } = await openMeans(config, logger);
  const { announce } = announcer;
  const driver = openDriver({ platform: config.PLATFORM, platformDatabaseUrl: config.PLATFORM_DATABASE_URL });
  const stopping = new AbortController();
  const platform = createPlatform(driver, stopping.signal);
  const tools = {
    platform,
    sealer: sealer(config.SECRET_KEY),
    reference: createReferenceReader(ledger),
    sipDomain: config.SIP_DOMAIN,
  };
  const heartbeat = createHeartbeat(ledger, worker);
  const metrics = createMetrics({ service: 'worker' });
  const handle = createHandler({
    worker,
    claim: coalesce(claimVerb(ledger, announce)),
    writes: createFairWrites(advanceVerb(ledger, announce), ({ job }) => job.clientId),
    abandon: (run) => abandonRun(ledger, announce, run),
    steps: createStepRunner(tools, logger),
    heartbeat,
    metrics,
    logger,
  });
  const consumers = QUEUE_NAMES.map((queue) =>
    createConsumer({ backend, queue, concurrency: config.WORKER_CONCURRENCY, handle, onError }),
  );
  const rescue = createRescue({ ledger, announce, producer, logger });
  const housekeeping = createHousekeeping(ledger, { eventDays: config.EVENT_RETENTION_DAYS }, logger);
  const probes = createProbes({ metrics, checks: { ledger: () => ping(ledger), queue: () => backend.ping() } });
  const server = await startProbeServer({ host: config.HOST, port: config.WORKER_PORT, probes });
  for (const consumer of consumers) void consumer.start();
  rescue.start();
  housekeeping.start();

  async function giveBack(): Promise<void> {
    heartbeat.stop();
    const released = await releaseWorker(ledger, announce, worker.id);
    if (released > 0) logger.info({ jobs: released }, 'running jobs were given back; no attempt is spent');
    await forgetWorker(sqlOn(ledger.pool), worker.id);
  }

  return {
    port: server.port,
    stop(deadlineMs) {
      stopping.abort();
      const closing = (share: number) => consumers.map((consumer) => consumer.close(deadlineMs * share));
      const acts: StopAct[] = [
        { name: 'runs', share: 0.6, work: () => Promise.all(closing(0.55)) },
        { name: 'give back', share: 0.15, work: giveBack },
        { name: 'rescue', share: 0.05, work: () => Promise.all([rescue.stop(), housekeeping.stop()]) },
        { name: 'news', share: 0.05, work: () => dueTimes.close().then(() => announcer.settled()) },
        { name: 'probes', share: 0.02, work: () => server.close() },
        { name: 'queues', share: 0.05, work: () => producer.close().then(() => backend.close()) },
        { name: 'databases', share: 0.05, work: () => Promise.all([driver.close(), closeLedger(ledger)]) },
      ];
      return stopInOrder(acts, deadlineMs, logger);
    },
  };
}
