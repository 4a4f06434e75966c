import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImportAnswer } from '@qvara/contracts/imports';
import { request } from 'undici';

const POLL_MS = 200;
const STUCK_MS = 120_000;

/** Imports, as whoever brings a file sees them. */
export type ImportCalls = {
  /** Sends a file; answers when it is stored. */
  send(pieces: Iterable<string>, query: string): Promise<ImportAnswer>;
  read(id: string): Promise<ImportAnswer>;
  act(id: string, action: 'run' | 'pause' | 'resume' | 'cancel'): Promise<ImportAnswer>;
  /** Runs failed rows again, corrected by a file. */
  retry(id: string, corrected: Iterable<string>): Promise<ImportAnswer>;
  /** The failed rows, piece by piece. */
  failed(id: string): Promise<AsyncIterable<string>>;
  /** Waits for one of these states; how many milliseconds that took. Throws when for two minutes nothing changes. */
  reached(id: string, states: readonly ImportAnswer['state'][]): Promise<number>;
};

/** Calls an intake with a client's key. Whatever is not answered by a success is thrown. */
export function importCalls(url: string, key: string): ImportCalls {
  const own = { authorization: `Bearer ${key}` };

  async function call(method: 'GET' | 'POST', path: string, body?: Readable) {
    const type = body && { 'content-type': 'text/csv' };
    const answer = await request(`${url}/v1/imports${path}`, {
      method,
      headers: { ...own, ...type },
      ...(body && { body }),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${await answer.body.text()}`);
    return answer.body;
  }

  const json = async (method: 'GET' | 'POST', path: string, body?: Readable) =>
    (await (await call(method, path, body)).json()) as ImportAnswer;
  const read = (id: string) => json('GET', `/${id}`);

  return {
    send: (pieces, query) => json('POST', `?type=customer.provision&${query}`, Readable.from(pieces)),
    read,
    act: (id, action) => json('POST', `/${id}/${action}`),
    retry: (id, corrected) => json('POST', `/${id}/retry`, Readable.from(corrected)),
    async failed(id) {
      const body = await call('GET', `/${id}/failed.csv`);
      body.setEncoding('utf8');
      return body;
    },
    async reached(id, states) {
      const startedMs = performance.now();
      let [seen, changedMs] = ['', startedMs];
      for (;;) {
        const { state, totals } = await read(id);
        if (states.includes(state)) return performance.now() - startedMs;
        const now = JSON.stringify([state, totals]);
        if (now !== seen) [seen, changedMs] = [now, performance.now()];
        if (performance.now() - changedMs > STUCK_MS) throw new Error(`import ${id} does not go on: ${now}`);
        await delay(POLL_MS);
      }
    },
  };
}
