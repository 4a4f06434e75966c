import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../support/within.ts';
import type { Chance } from './chance.ts';

export type Request = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  /** A file instead of a body. */
  readonly csv?: string;
  readonly key?: string;
};
export type Answer = { readonly status: number; readonly body: Record<string, unknown> };

/** One client's way to the intakes. Never rejects: without an answer the status is 0. */
export type Caller = {
  /** Asks once. */
  call(request: Request): Promise<Answer>;
  /** Asks until there is an answer other than "not now", or the time is over: then that is the answer. */
  insist(request: Request, patienceMs?: number): Promise<Answer>;
};

type Means = {
  readonly urls: readonly string[];
  readonly apiKey: string;
  readonly chance: Chance;
  /** Hears of every answer. */
  readonly heard: (status: number, code: string) => void;
};

const PATIENCE_MS = 60_000;
/** No answer, an intake that stood still while the request came in, and one that has had enough. */
const NOT_NOW: ReadonlySet<number> = new Set([0, 408, 429]);

/** Talks to the intakes in turn; gives up a call after some seconds, as clients do. */
export function createCaller({ urls, apiKey, chance, heard }: Means): Caller {
  let turn = chance.between(0, urls.length - 1);

  async function ask({ method, path, body, csv, key }: Request, signal: AbortSignal): Promise<Answer> {
    const response = await fetch(`${urls[turn++ % urls.length]}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(csv === undefined ? {} : { 'content-type': 'text/csv' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(csv === undefined ? {} : { body: csv }),
      signal,
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function call(request: Request): Promise<Answer> {
    try {
      const answer = await within(chance.between(2_000, 10_000), (signal) => ask(request, signal));
      heard(answer.status, String(answer.body?.code ?? ''));
      return answer;
    } catch (error) {
      heard(0, (error as Error).name);
      return { status: 0, body: {} };
    }
  }

  return {
    call,
    async insist(request, patienceMs = PATIENCE_MS) {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const answer = await call(request);
        const notNow = NOT_NOW.has(answer.status) || answer.status >= 500;
        if (!notNow || performance.now() > deadline) return answer;
        await delay(chance.between(20, 400));
      }
    },
  };
}
