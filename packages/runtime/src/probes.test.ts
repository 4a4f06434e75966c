import { afterEach, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { type Checks, createProbes, startProbeServer } from './probes.ts';

let server: Awaited<ReturnType<typeof startProbeServer>> | undefined;
afterEach(() => server?.close());

async function ask(path: string, checks: Checks = {}, method = 'GET') {
  const probes = createProbes({ metrics: createMetrics({ service: 's' }), checks, checkMs: 50 });
  server = await startProbeServer({ host: '127.0.0.1', port: 0, probes });
  return fetch(`http://127.0.0.1:${server.port}${path}`, { method });
}

test('the process is alive whatever its checks say', async () => {
  const failing = async () => Promise.reject(new Error('down'));
  expect((await ask('/healthz', { database: failing })).status).toBe(200);
});

test('ready when every check passes', async () => {
  const response = await ask('/readyz?x=1', { database: async () => undefined });
  expect([response.status, await response.json()]).toEqual([200, { status: 'ready', checks: { database: 'ok' } }]);
});

test('not ready names each check that fails or takes too long, and never the reason', async () => {
  const response = await ask('/readyz', {
    good: async () => undefined,
    bad: () => {
      throw new Error('postgres://u:hunter2@h');
    },
    hanging: () => new Promise(() => undefined),
  });
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({
    status: 'not-ready',
    checks: { good: 'ok', bad: 'failed', hanging: 'timed-out' },
  });
});

test('metrics are served in the text form of Prometheus', async () => {
  const response = await ask('/metrics');
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(await response.text()).toContain('process_cpu_seconds_total');
});

test('another method is a 405 with Allow, another path a 404', async () => {
  const refused = await ask('/readyz', {}, 'POST');
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  await server?.close();
  expect((await ask('/other')).status).toBe(404);
});
