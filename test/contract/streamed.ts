import { once } from 'node:events';
import { type Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../support/within.ts';
import type { Key, Problem } from './running-intake.ts';

export type StreamedAnswer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged by the expectations of each test.
  readonly body: Problem & any;
  /** How many bytes had been given to the connection when the answer came. */
  readonly sent: number;
};

type Streaming = {
  readonly key: Key;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly deadlineMs?: number;
  readonly agent?: Agent;
};

/** Sends pieces as quickly as they are taken, until there are no more or an answer comes. Null: it sends nothing any more. */
export async function streamTo(
  url: string,
  pieces: AsyncIterable<Buffer | string | null> | Iterable<Buffer | string | null>,
  { key, type = 'text/csv', headers = {}, deadlineMs = 20_000, agent }: Streaming,
): Promise<StreamedAnswer> {
  return await within(deadlineMs, async () => {
    const asked = request(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key.text}`, 'Content-Type': type, ...headers },
      ...(agent && { agent }),
    });
    // A server may close the connection on who still talks; what it said before is read all the same.
    asked.on('error', () => undefined);
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
    let heard = false;
    answered.then(
      () => {
        heard = true;
      },
      () => undefined,
    );
    let sent = 0;
    for await (const piece of pieces) {
      if (heard || asked.destroyed) break;
      if (piece === null) return await answerOf(await answered, sent);
      sent += piece.length;
      if (asked.write(piece)) continue;
      await Promise.race([once(asked, 'drain').catch(() => undefined), answered]);
    }
    if (!heard) asked.end();
    const answer = await answerOf(await answered, sent);
    if (!asked.writableEnded) asked.destroy();
    return answer;
  });
}

async function answerOf([answer]: [IncomingMessage], sent: number): Promise<StreamedAnswer> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: JSON.parse(text), sent };
}

/** The same piece again and again. */
export function* repeated(piece: Buffer, times: number): Generator<Buffer> {
  for (let n = 0; n < times; n += 1) yield piece;
}

/** Pieces with a pause before each. */
export async function* slowly(pieces: Iterable<Buffer | string>, ms: number): AsyncGenerator<Buffer | string> {
  for (const piece of pieces) {
    await pause(ms);
    yield piece;
  }
}
