import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { within } from '../support/within.ts';
import type { FuzzedRequest } from './fuzz-requests.ts';

export type FuzzedAnswer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly ms: number;
};

const GIVEN_UP_MS = 10_000;

/** Sends requests as they are: a client that corrects nothing. */
export function openWire(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  async function send(
    { method, target, headers, body, chunked }: FuzzedRequest,
    signal: AbortSignal,
  ): Promise<FuzzedAnswer> {
    const length = body.length === 0 || chunked ? [] : ['Content-Length', String(body.length)];
    const given = headers.some(([name]) => name.toLowerCase() === 'host') ? [] : ['Host', new URL(url).host];
    const started = performance.now();
    const sent = request(url, {
      method,
      path: target,
      agent,
      headers: [...given, ...headers.flat(), ...length, ...(chunked ? ['Transfer-Encoding', 'chunked'] : [])],
      signal,
    });
    sent.end(body.length === 0 ? undefined : body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const pieces: Buffer[] = [];
    for await (const piece of answer) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    return { status: answer.statusCode ?? 0, headers: answer.headers, text, ms: performance.now() - started };
  }

  return {
    send: (asked: FuzzedRequest) => within(GIVEN_UP_MS, (signal) => send(asked, signal)),
    close: () => agent.destroy(),
  };
}
