import { openDriver } from '@qvara/platform/drivers';
import { randomToken } from '@qvara/runtime/crypto';
import type { Service } from '@qvara/runtime/lifecycle';
import type { Logger } from '@qvara/runtime/logger';
import { createMetrics } from '@qvara/runtime/metrics';
import { createProbes, startProbeServer } from '@qvara/runtime/probes';
import { closeLedger, ping } from '@qvara/store/orm';
import { sqlOn } from '@qvara/store/sql';
import { releaseWorker } from '@qvara/store/sweep';
import { forgetWorker } from '@qvara/store/workers';
import type { WorkerConfig } from './config.ts';
import { createHousekeeping } from './housekeeping.ts';
import { openMeans } from './means.ts';
import { openImports } from './open-imports.ts';
import { openJobs } from './open-jobs.ts';
import { openWebhooks } from './open-webhooks.ts';
import { type StopAct, stopInOrder } from './orderly-stop.ts';
import { createPlatform } from './platform-calls.ts';
import { createRescue } from './rescue.ts';

/** Wires a worker together and starts it. */
export async function startWorker(config: WorkerConfig, logger: Logger): Promise<Service> {
  const worker = {
    id: `wrk_${randomToken(12)}`,
    slots: config.WORKER_CONCURRENCY,
    sharedSlots: config.WORKER_SHARED_CONCURRENCY,
  };
  const means = await openMeans(config, logger);
  const { ledger, backend, producer, announcer, dueTimes } = means;
  const driver = openDriver({ platform: config.PLATFORM, platformDatabaseUrl: config.PLATFORM_DATABASE_URL });
  const stopping = new AbortController();
  const platform = createPlatform(driver, stopping.signal);
  const metrics = createMetrics({ service: 'worker' });
  const jobs = openJobs(config, means, { worker, platform, metrics, logger });
  const imports = await openImports(config, means, { worker, ...jobs, logger });
  const webhooks = openWebhooks(config, means, { metrics, logger });
  const served = [jobs, imports, webhooks];
  const rescue = createRescue({ ledger, announce: announcer.announce, producer, logger });
  const housekeeping = createHousekeeping(ledger, { eventDays: config.EVENT_RETENTION_DAYS }, logger);
  const probes = createProbes({ metrics, checks: { ledger: () => ping(ledger), queue: () => backend.ping() } });
  const server = await startProbeServer({ host: config.HOST, port: config.WORKER_PORT, probes });
  for (const one of [...served, rescue, housekeeping]) one.start();

  async function giveBack(): Promise<void> {
    jobs.heartbeat.stop();
    const released = await giveBackAll(means, worker.id);
    if (released > 0) logger.info({ jobs: released }, 'running jobs were given back; no attempt is spent');
  }

  return {
    port: server.port,
    stop(deadlineMs) {
      stopping.abort();
      const acts: StopAct[] = [
        { name: 'runs', share: 0.6, work: () => Promise.all(served.map((one) => one.stop(deadlineMs * 0.55))) },
        { name: 'give back', share: 0.15, work: giveBack },
        { name: 'rescue', share: 0.05, work: () => Promise.all([rescue.stop(), housekeeping.stop()]) },
        { name: 'news', share: 0.05, work: () => dueTimes.close().then(() => announcer.settled()) },
        { name: 'probes', share: 0.02, work: () => server.close() },
        { name: 'queues', share: 0.05, work: () => producer.close().then(() => backend.close()) },
        {
          name: 'databases',
          share: 0.05,
          work: () => Promise.all([driver.close(), webhooks.close(), imports.close(), closeLedger(ledger)]),
        },
      ];
      return stopInOrder(acts, deadlineMs, logger);
    },
  };
}

/** Gives back what a worker holds that has stopped running it. */
async function giveBackAll(
  { ledger, announcer }: Awaited<ReturnType<typeof openMeans>>,
  workerId: string,
): Promise<number> {
  const released = await releaseWorker(ledger, announcer.announce, workerId);
  await forgetWorker(sqlOn(ledger.pool), workerId);
  return released;
}
