import { type ChunkClaim, claimChunk, findClaims, releaseChunk } from '@qvara/store/import-chunks';
import type { Ledger } from '@qvara/store/orm';
import { patiently } from './patiently.ts';

/** The chunks of imports that one worker has in hand. */
export type ChunkHands = {
  /** Takes the next chunk of an import. Null when there is nothing to do that nobody does. */
  take(importId: string, signal: AbortSignal): Promise<ChunkClaim | null>;
  /** Lets others work at a chunk. */
  release(chunk: ChunkClaim, signal: AbortSignal): Promise<void>;
  /** Lets others have what the ledger holds to be this worker's, and it knows nothing of: an answer was lost. */
  freeForgotten(): Promise<void>;
};

export function createChunkHands(ledger: Ledger, workerId: string): ChunkHands {
  const inHand = new Set<number>();
  let taking = 0;
  return {
    async take(importId, signal) {
      taking += 1;
      try {
        const chunk = await patiently(() => claimChunk(ledger, importId, workerId), signal);
        if (chunk !== null) inHand.add(chunk.claimNo);
        return chunk;
      } finally {
        taking -= 1;
      }
    },
    async release(chunk, signal) {
      try {
        // While this worker lives nobody else would take the chunk from it.
        await patiently(() => releaseChunk(ledger, chunk), signal);
      } finally {
        inHand.delete(chunk.claimNo);
      }
    },
    async freeForgotten() {
      const claims = await findClaims(ledger, workerId);
      // One of them may be on its way in.
      if (taking > 0) return;
      for (const claim of claims) if (!inHand.has(claim.claimNo)) await releaseChunk(ledger, claim);
    },
  };
}
