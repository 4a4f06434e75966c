import type { Allow } from '@qvara/outbound/targets';
import { openBackend } from '@qvara/queue/connection';
import { createProducer } from '@qvara/queue/producer';
import { sealer } from '@qvara/runtime/crypto';
import type { Service } from '@qvara/runtime/lifecycle';
import type { Logger } from '@qvara/runtime/logger';
import { createMetrics } from '@qvara/runtime/metrics';
import { createProbes } from '@qvara/runtime/probes';
import { acceptVerb } from '@qvara/store/accept';
import { createAnnouncer } from '@qvara/store/announcer';
import { coalesce } from '@qvara/store/coalesce';
import { createFollower } from '@qvara/store/follower';
import { ringImport } from '@qvara/store/import-bells';
import { closeLedger, openLedger, ping } from '@qvara/store/orm';
import { applyPauses } from '@qvara/store/queue-pauses';
import { createApp } from './app.ts';
import { createDocuments } from './documents.ts';
import { createKeyRing } from './key-ring.ts';
import type { Parts } from './parts.ts';
import { measureQueue } from './probes.ts';
import { createRateLimit } from './rate-limit.ts';
import { createReferenceSource } from './reference-source.ts';
import { ROUTES } from './routes.ts';
import { listen } from './server.ts';
import { createStreamSlots } from './stream-slots.ts';
import { createTargets } from './targets.ts';
import { createUploadSlots } from './upload-slots.ts';

const BATCH = 128;
/** Of the time for a stop, what is kept for bells, nudges and connections after the last request. */
const AFTERWARDS_MS = 3_500;
const UPLOAD_IDLE_MS = 60_000;

export type IntakeSettings = {
  readonly databaseUrl: string;
  readonly redisUrl?: string | undefined;
  readonly queuePrefix?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly secretKeys: readonly Uint8Array[];
  readonly sipDomain: string;
  readonly quarantineDays: number;
  readonly clientWindow: number;
  readonly rateLimit?: number | undefined;
  readonly webhookAllow?: Allow | undefined;
  /** A request has so long to arrive, a file as long as it needs. */
  readonly requestTimeoutMs?: number | undefined;
  readonly uploadIdleMs?: number | undefined;
  readonly logger: Logger;
};

/** Opens everything intake works with and serves it. Rejects when the ledger cannot be opened or the port is taken. */
export async function createIntake(settings: IntakeSettings): Promise<Service & { readonly port: number }> {
  const { databaseUrl, redisUrl, queuePrefix, logger } = settings;
  const ledger = await openLedger(settings);
  const onError = (error: Error) => logger.warn({ err: error }, 'the queue does not answer');
  const backend = openBackend({ databaseUrl, redisUrl, prefix: queuePrefix, onError });
  const producer = createProducer(backend);
  const { announce, settled } = createAnnouncer(ledger, {
    ring: (bells) => producer.ring(bells),
    onError: (error) => logger.warn({ err: error }, 'bells could not be rung; rescue rings them'),
  });
  const follower = createFollower(ledger, databaseUrl);
  const metrics = createMetrics({ service: 'intake' });
  measureQueue(metrics, backend);
  const ringing = new Set<Promise<void>>();
  const rings = async (importId: string) => await producer.ring(await ringImport(ledger, importId));
  const stopping = new AbortController();
  const parts: Parts = {
    ledger,
    announce,
    follower,
    backend,
    metrics,
    logger,
    accept: coalesce(acceptVerb(ledger, announce), BATCH),
    applyPauses: () =>
      applyPauses(ledger, producer.setPaused).catch((error) => {
        logger.warn({ err: error }, 'a pause could not be applied; rescue applies it');
        return false;
      }),
    keys: createKeyRing(ledger),
    streams: createStreamSlots(ledger),
    uploads: createUploadSlots(),
    ringImport(importId) {
      const rung = rings(importId)
        .catch((error) => logger.warn({ err: error, importId }, 'an import could not be rung; rescue rings it'))
        .finally(() => ringing.delete(rung));
      ringing.add(rung);
    },
    uploadIdleMs: settings.uploadIdleMs ?? UPLOAD_IDLE_MS,
    reference: createReferenceSource(ledger),
    sealer: sealer(settings.secretKeys),
    targets: createTargets(settings.webhookAllow ?? []),
    rateLimit: settings.rateLimit === undefined ? null : createRateLimit(settings.rateLimit),
    probes: createProbes({ metrics, checks: { ledger: () => ping(ledger) } }),
    documents: createDocuments(ROUTES),
    stopping: stopping.signal,
  };

  async function closeAll(): Promise<void> {
    await Promise.all(ringing);
    await settled();
    await follower.close();
    await parts.targets.close();
    await producer.close();
    await backend.close();
    await closeLedger(ledger);
  }

  try {
    const server = await listen(createApp(parts), settings);
    const stop = async (deadlineMs: number) => {
      stopping.abort();
      await server.close(Math.max(0, deadlineMs - AFTERWARDS_MS));
      await closeAll();
    };
    return { port: server.port, stop };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
