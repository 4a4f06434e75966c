import { randomBytes } from 'node:crypto';
import { type BackendOptions, openBackend } from '@qvara/queue/connection';
import { randomToken, sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { createMetrics } from '@qvara/runtime/metrics';
import { createProbes } from '@qvara/runtime/probes';
import { addClient, addKey, revokeKey } from '@qvara/store/clients';
import { closeLedger, openLedger, ping } from '@qvara/store/orm';
import { createApp } from './app.ts';
import { createBoard } from './board.ts';
import { operatorsOf } from './operators.ts';
import { startServer } from './server.ts';

/** What a browser accepts. */
export const HTML = { Accept: 'text/html,*/*;q=0.8' };
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const by = { keyId: 'key_test', clientId: 'cli_test' };

/** A console for tests, in this process, with a clock that tests turn. */
export type TestConsole = Awaited<ReturnType<typeof startTestConsole>>;

/** Starts one behind a proxy that names the address of the sender. */
export async function startTestConsole(options: BackendOptions) {
  const jobSettings = { clientWindow: 1, quarantineDays: 1, sipDomain: 'unused.invalid' };
  const ledger = await openLedger({ databaseUrl: options.databaseUrl, ...jobSettings });
  const backend = openBackend(options);
  const board = createBoard(backend, silent);
  const clock = { now: Date.now() };
  const app = createApp({
    find: operatorsOf(ledger, silent),
    board,
    probes: createProbes({
      metrics: createMetrics({ service: 'console' }),
      checks: { ledger: () => ping(ledger), queues: () => backend.ping() },
    }),
    secretKeys: [randomBytes(32)],
    proxies: 1,
    docs: 'http://127.0.0.1:4000/docs',
    logger: silent,
    now: () => clock.now,
  });
  const server = await startServer(app, { host: '127.0.0.1', port: 0 });
  const clientId = newId('cli');
  await addClient(ledger, by, { id: clientId, name: 'Operators' });

  return {
    ...visitorsOf(`http://127.0.0.1:${server.port}`),
    clock,
    revoke: (keyId: string) => revokeKey(ledger, by, keyId),
    async newKey(...scopes: ('admin' | 'jobs:read')[]) {
      const [id, text] = [newId('key'), `qk_${randomToken(32)}`];
      const secretHash = Buffer.from(sha256(text), 'hex');
      await addKey(ledger, by, { id, clientId, label: null, scopes, secretHash });
      return { id, text };
    },
    async stop() {
      await server.close(1000);
      await board.close();
      await Promise.all([backend.close(), closeLedger(ledger)]);
    },
  };
}

function visitorsOf(url: string) {
  let addresses = 0;
  return {
    url,
    get: (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers, redirect: 'manual' }),
    /** Each attempt comes from an address of its own unless `headers` say otherwise. */
    signIn: (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${url}/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { ...HTML, 'X-Forwarded-For': `192.0.2.${++addresses}`, ...headers },
        body: new URLSearchParams(fields),
      }),
  };
}

/** Signs in with a new key; answers it and the headers that carry the session. */
export async function signedIn(console_: TestConsole) {
  const key = await console_.newKey('admin');
  const response = await console_.signIn({ key: key.text });
  return { key, headers: { Cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '' } };
}
