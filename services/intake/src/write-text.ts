import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** Who takes nothing from the line for so long has gone without a word. */
const STUCK_MS = 60_000;

/** Writes as quickly as the reader takes it; nothing any more when it is over. */
export async function writeText(response: ServerResponse, text: string, over: AbortSignal): Promise<void> {
  if (text === '' || over.aborted || response.write(text)) return;
  const stuck = AbortSignal.timeout(STUCK_MS);
  await once(response, 'drain', { signal: AbortSignal.any([over, stuck]) }).catch(() => undefined);
  if (stuck.aborted) response.destroy();
}
