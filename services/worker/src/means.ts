import { openBackend } from '@qvara/queue/connection';
import { createProducer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import { createAnnouncer } from '@qvara/store/announcer';
import { type Ledger, openLedger } from '@qvara/store/orm';
import { ringDue } from '@qvara/store/sweep';
import type { WorkerConfig } from './config.ts';
import { createDueTimes } from './due-times.ts';

/** Opens the ledger with connections of its own. Rejects when it cannot be reached. */
export async function openOwnLedger(config: WorkerConfig, poolSize?: number): Promise<Ledger> {
  return await openLedger({
    databaseUrl: config.DATABASE_URL,
    ...(poolSize !== undefined && { poolSize }),
    clientWindow: config.CLIENT_WINDOW,
    quarantineDays: config.TENANT_NUMBER_QUARANTINE_DAYS,
    sipDomain: config.SIP_DOMAIN,
  });
}

/** Opens ledger and queues, and what carries news between them. Rejects when the ledger cannot be opened. */
export async function openMeans(config: WorkerConfig, logger: Pick<Logger, 'warn'>) {
  const ledger = await openOwnLedger(config);
  const onError = (error: Error) => logger.warn({ err: error }, 'the queue reports an error');
  const backend = openBackend({ redisUrl: config.REDIS_URL, databaseUrl: config.DATABASE_URL, onError });
  const producer = createProducer(backend);
  const onUnrung = (error: unknown) => logger.warn({ err: error }, 'bells could not be rung; rescue rings them');
  const announcer = createAnnouncer(ledger, {
    ring: (bells) => producer.ring(bells),
    onError: onUnrung,
    onDue: (dueInMs) => dueTimes.add(dueInMs),
  });
  const dueTimes = createDueTimes(() => ringDue(ledger, announcer.announce).catch(onUnrung));
  return { ledger, backend, producer, announcer, dueTimes, onError };
}
