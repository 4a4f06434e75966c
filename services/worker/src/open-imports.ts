import type { Reference } from '@qvara/contracts/reference';
import { createConsumer } from '@qvara/queue/consumer';
import type { Logger } from '@qvara/runtime/logger';
import { acceptRowsVerb } from '@qvara/store/accept-rows';
import { advanceVerb } from '@qvara/store/advance';
import { areBellsMoving } from '@qvara/store/bells';
import { coalesce } from '@qvara/store/coalesce';
import { ringHand, ringImport, ringLostImports } from '@qvara/store/import-bells';
import { findOpenImports, moveOn } from '@qvara/store/import-moves';
import { closeLedger } from '@qvara/store/orm';
import type { WorkerRef } from '@qvara/store/workers';
import { attendImports } from './attend-imports.ts';
import { createChunkHands } from './chunk-hands.ts';
import type { ClaimedRun } from './claimed-run.ts';
import type { Company } from './company.ts';
import type { WorkerConfig } from './config.ts';
import type { Heartbeat } from './heartbeat.ts';
import { createImportHandler } from './imports.ts';
import { createLoop } from './loop.ts';
import { type openMeans, openOwnLedger } from './means.ts';
import { createRowRuns } from './row-runs.ts';
import { runRows } from './run-rows.ts';
import type { Turnstile } from './turnstile.ts';

/** Bells of imports that one worker answers at the same time. */
const AT_ONCE = 2;
const LOOK_MS = 5_000;
const POOL = 5;
/** Rows in one write at most. */
const BATCH = 256;
/** How many rows run at once, and how many are accepted together: alone, and while single jobs are about. */
const ALONE = { running: 768, together: 256 };
const IN_COMPANY = { running: 12, together: 6 };
/** In company writes keep so far apart. */
const APART_MS = 20;

type Means = Pick<Awaited<ReturnType<typeof openMeans>>, 'backend' | 'producer' | 'announcer' | 'onError'>;
type Crew = {
  readonly worker: WorkerRef;
  readonly reference: () => Promise<Reference>;
  readonly run: ClaimedRun;
  readonly heartbeat: Heartbeat;
  readonly turnstile: Turnstile;
  readonly company: Company;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
};

/** All that a worker has for imports: connections, batches and runs of their own, so that single jobs share only the ledger with them. */
export async function openImports(config: WorkerConfig, means: Means, crew: Crew) {
  const { backend, producer, announcer, onError } = means;
  const { worker, reference, run, heartbeat, turnstile, company, logger } = crew;
  const { announce } = announcer;
  const ledger = await openOwnLedger(config, POOL);
  const stopping = new AbortController();
  const apart = () => (company.isAbout() ? APART_MS : 0);
  const runs = createRowRuns({
    run: (claim, means) => turnstile.together(() => run(claim, means)),
    write: coalesce(advanceVerb(ledger, announce), BATCH, apart),
    signal: stopping.signal,
    onQuiet: (importId) => void attend(importId, false).catch(onUnattended),
  });
  const tools = {
    ledger,
    announce,
    worker,
    reference,
    runs,
    logger,
    accept: coalesce(acceptRowsVerb(ledger, announce), BATCH, apart),
  };

  function onUnattended(error: unknown): void {
    logger.warn({ err: error }, 'an import could not be looked after; the next look does');
  }

  async function attend(importId: string, ring: boolean): Promise<void> {
    const state = await moveOn(ledger, announce, importId);
    const goes = state === 'running' || state === 'checking';
    if (goes) await producer.ring(await (ring ? ringHand : ringImport)(ledger, importId));
  }

  async function ringLost(): Promise<void> {
    const bells = await ringLostImports(ledger);
    if (bells.length > 0) await producer.ring(bells);
  }

  const look = () =>
    attendImports({
      find: () => findOpenImports(ledger),
      move: (id) => moveOn(ledger, announce, id),
      ring: ringLost,
      onError: onUnattended,
    });

  async function limits() {
    if (!company.isAbout() && (await areBellsMoving(ledger))) company.note();
    return company.isAbout() ? IN_COMPANY : ALONE;
  }

  const hands = createChunkHands(ledger, worker.id);
  const handle = createImportHandler({
    ledger,
    worker,
    hands,
    reference,
    heartbeat,
    logger,
    attend,
    async goOn(of) {
      const { running, together } = await limits();
      await runs.below(running - together);
      return await runRows(tools, of, together);
    },
  });
  const consumer = createConsumer({ backend, queue: 'imports', concurrency: AT_ONCE, handle, onError });
  const watch = createLoop({ everyMs: LOOK_MS, acts: [hands.freeForgotten, look], onError: onUnattended });
  return {
    start(): void {
      void consumer.start();
      watch.start();
    },
    /** Begins nothing more and breaks off what runs, within so many milliseconds. */
    async stop(deadlineMs: number): Promise<void> {
      stopping.abort();
      await Promise.all([watch.stop(), consumer.close(deadlineMs), runs.settled()]);
    },
    close: () => closeLedger(ledger),
  };
}
