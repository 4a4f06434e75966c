import type { Reference } from '@qvara/contracts/reference';
import type { BellData } from '@qvara/queue/backend';
import type { BellAnswer, Handle } from '@qvara/queue/consumer';
import type { Logger } from '@qvara/runtime/logger';
import { checkChunk } from '@qvara/store/import-check';
import type { ChunkClaim } from '@qvara/store/import-chunks';
import { findRungImport } from '@qvara/store/import-run';
import type { Ledger } from '@qvara/store/orm';
import type { JudgedImport } from '@qvara/store/row-situations';
import { sqlOn } from '@qvara/store/sql';
import { beat, type WorkerRef } from '@qvara/store/workers';
import type { ChunkHands } from './chunk-hands.ts';
import type { Heartbeat } from './heartbeat.ts';
import { RunOver } from './patiently.ts';
import type { RowsOutcome } from './run-rows.ts';

/** How long one import is worked at before the others have their turn. */
const SLICE_MS = 2_000;

type Tools = {
  readonly ledger: Ledger;
  readonly worker: WorkerRef;
  readonly hands: ChunkHands;
  readonly reference: () => Promise<Reference>;
  readonly heartbeat: Heartbeat;
  readonly logger: Pick<Logger, 'error'>;
  /** Sets the next rows of a chunk going. */
  readonly goOn: (of: { own: JudgedImport; chunk: ChunkClaim; signal: AbortSignal }) => Promise<RowsOutcome>;
  /** Looks where an import stands, and rings it if there is more to do. */
  readonly attend: (importId: string, ring: boolean) => Promise<void>;
};

/** Answers bells of imports: works at chunk after chunk for a while, then lets the others have their turn. */
export function createImportHandler(tools: Tools): Handle {
  const { ledger, worker, hands, reference, heartbeat, logger, goOn, attend } = tools;

  /** Answers whether there may be another chunk. */
  async function work(own: JudgedImport, signal: AbortSignal, untilMs: number): Promise<boolean> {
    const chunk = await hands.take(own.id, signal);
    if (chunk === null) return false;
    try {
      if (chunk.unchecked) {
        await checkChunk(ledger, { import: own, chunk, reference: await reference() });
        return true;
      }
      let outcome: RowsOutcome = 'went on';
      while (outcome === 'went on' && !signal.aborted && performance.now() < untilMs)
        outcome = await goOn({ own, chunk, signal });
      return outcome !== 'no room';
    } finally {
      await hands.release(chunk, signal);
    }
  }

  async function answer({ jobId: id, bellNo }: BellData, signal: AbortSignal): Promise<BellAnswer> {
    const own = await findRungImport(ledger, { id, bellNo });
    if (own === null) return { outcome: 'stale' };
    const release = heartbeat.hold();
    try {
      await beat(sqlOn(ledger.pool), [worker]);
      const untilMs = performance.now() + SLICE_MS;
      let more = true;
      while (more && !signal.aborted && performance.now() < untilMs) more = await work(own, signal, untilMs);
      await attend(id, more);
      return { outcome: signal.aborted ? 'interrupted' : 'done' };
    } finally {
      release();
    }
  }

  return async (bell, signal) => {
    try {
      return await answer(bell, signal);
    } catch (error) {
      if (error instanceof RunOver) return { outcome: error.why };
      logger.error({ err: error, importId: bell.jobId }, 'an import could not be worked at; it is tried again');
      return { outcome: 'wait' };
    }
  };
}
