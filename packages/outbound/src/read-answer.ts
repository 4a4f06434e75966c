import type { Dispatcher } from 'undici';

const KEPT_BYTES = 1024;
/** Up to here the rest is read and thrown away, which keeps the connection; a longer answer costs it. */
const READ_BYTES = 65_536;
const LONGEST_WAIT_MS = 86_400_000;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

type Headers = Dispatcher.ResponseData['headers'];

/** The first KiB of an answer as text a log, a database and a terminal can hold: what controls them is replaced. */
export async function readBody(body: AsyncIterable<Buffer>): Promise<string> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (bytes < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - bytes));
    bytes += chunk.length;
    if (bytes > READ_BYTES) break;
  }
  // As part of a stream, so that a character that was cut in two is left out.
  const text = new TextDecoder().decode(Buffer.concat(kept), { stream: true });
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, '\u{fffd}');
}

/** How long the answer asks to wait, in milliseconds, a day at most; null if it does not say so in a way that is valid. */
export function readRetryAfter({ 'retry-after': header }: Headers, now: number): number | null {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : HTTP_DATE.test(value) ? Date.parse(value) - now : Number.NaN;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}
