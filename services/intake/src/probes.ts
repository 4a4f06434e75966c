import type { QueueBackend } from '@qvara/queue/backend';
import type { Metrics } from '@qvara/runtime/metrics';
import type { Route } from './route.ts';

const tag = 'Operation';
const scope = null;
const serve: NonNullable<Route['serve']> = async (parts, request, response) => {
  if (request.url?.startsWith('/readyz') && !(await answers(parts.backend))) response.setHeader('Degraded', 'queue');
  await parts.probes(request, response);
};

async function answers(backend: Pick<QueueBackend, 'ping'>): Promise<boolean> {
  return await backend.ping().then(
    () => true,
    () => false,
  );
}

/** Measures whether the queue answers: without it requests are still accepted, and their bells are rung later. */
export function measureQueue(metrics: Metrics, backend: Pick<QueueBackend, 'ping'>): void {
  metrics.gauge({
    name: 'qvara_queue_up',
    help: 'Whether the queue answers; intake is ready without it',
    collect: async (gauge) => gauge.set((await answers(backend)) ? 1 : 0),
  });
}

export const PROBE_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/healthz',
    id: 'healthz',
    tag,
    scope,
    serve,
    summary: 'Whether the process lives',
    answers: { 200: { description: 'It lives', mediaType: 'application/json' } },
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'readyz',
    tag,
    scope,
    serve,
    summary: 'Whether requests can be accepted',
    description:
      'The ledger must answer. A queue that does not is told in the header `Degraded`: what is accepted is carried out when it is back.',
    answers: {
      200: {
        description: 'Ready',
        mediaType: 'application/json',
        headers: { Degraded: '`queue` when the queue does not answer' },
      },
      503: { description: 'Not ready', mediaType: 'application/json' },
    },
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    tag,
    scope,
    serve,
    summary: "Measurements in Prometheus' text form",
    answers: { 200: { description: 'All metrics', mediaType: 'text/plain' } },
  },
];
