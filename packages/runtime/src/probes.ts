import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Metrics } from './metrics.ts';

const CHECK_MS = 2000;

export type Checks = Readonly<Record<string, () => Promise<void>>>;
type Answer = { readonly status: number; readonly type: string; readonly body: string };

/** Answers a probe and fulfils with true; false when the path is none of a probe's, and nothing was written. */
export type Probes = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/**
 * GET /healthz (the process lives), /readyz (all checks pass within two seconds, else 503 naming those that do not) and
 * /metrics. Reasons are not shown: they may hold secrets.
 */
export function createProbes(options: {
  readonly metrics: Metrics;
  readonly checks: Checks;
  readonly checkMs?: number;
}): Probes {
  const { metrics, checks, checkMs = CHECK_MS } = options;
  const routes = new Map<string, () => Promise<Answer>>([
    ['/healthz', async () => json(200, { status: 'ok' })],
    ['/readyz', () => readiness(checks, checkMs)],
    ['/metrics', async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() })],
  ]);
  return async (request, response) => {
    const route = routes.get((request.url ?? '').split('?', 1)[0] ?? '');
    if (route === undefined) return false;
    const allowed = request.method === 'GET' || request.method === 'HEAD';
    if (!allowed) response.setHeader('Allow', 'GET, HEAD');
    send(response, allowed ? await route() : json(405, { status: 'method-not-allowed' }));
    return true;
  };
}

/** A server for probes alone, for services without HTTP of their own. Rejects when the port is taken. */
export async function startProbeServer(options: {
  readonly host: string;
  readonly port: number;
  readonly probes: Probes;
}): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    options.probes(request, response).then(
      (answered) => answered || send(response, json(404, { status: 'not-found' })),
      () => send(response, json(500, { status: 'failed' })),
    );
  });
  await once(server.listen(options.port, options.host), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readiness(checks: Checks, checkMs: number): Promise<Answer> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await verdict(check, checkMs)] as const),
  );
  const ready = results.every(([, result]) => result === 'ok');
  return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not-ready', checks: Object.fromEntries(results) });
}

async function verdict(check: () => Promise<void>, checkMs: number): Promise<'ok' | 'failed' | 'timed-out'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'timed-out'>((resolve) => {
    timer = setTimeout(resolve, checkMs, 'timed-out');
  });
  const checked = (async () => check())().then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
  return Promise.race([checked, late]).finally(() => clearTimeout(timer));
}

function json(status: number, body: unknown): Answer {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
}
