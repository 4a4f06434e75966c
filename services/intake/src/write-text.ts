import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** Who takes not even a piece from the line for so long has gone without a word. */
const STUCK_MS = 60_000;
const PIECE_BYTES = 16_384;

/** Writes as quickly as the reader takes it; nothing any more when it is over. */
export async function writeText(response: ServerResponse, text: string, over: AbortSignal): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length && !over.aborted && !response.destroyed; at += PIECE_BYTES)
    await writePiece(response, bytes.subarray(at, at + PIECE_BYTES), over);
}

async function writePiece(response: ServerResponse, piece: Buffer, over: AbortSignal): Promise<void> {
  if (response.write(piece)) return;
  const stuck = AbortSignal.timeout(STUCK_MS);
  await once(response, 'drain', { signal: AbortSignal.any([over, stuck]) }).catch(() => undefined);
  if (stuck.aborted) response.destroy();
}
