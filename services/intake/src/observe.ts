import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Parts } from './parts.ts';

const SANE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

const SECURITY_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'private, no-cache',
  Vary: 'Authorization, Accept',
};

/** Gives each request its id and the headers that every answer carries; counts, times and logs it when it is over. */
export function observe({ metrics, logger, stopping }: Parts): RequestHandler {
  const labels = ['method', 'route', 'status'] as const;
  const requests = metrics.counter({ name: 'qvara_http_requests_total', help: 'Requests answered', labels });
  const durations = metrics.histogram({
    name: 'qvara_http_request_duration_seconds',
    help: 'Time from request to answer',
    labels: ['method', 'route'],
    buckets: BUCKETS,
  });

  return (request, response, next) => {
    const started = performance.now();
    const given = request.headersDistinct['x-request-id'] ?? [];
    const requestId = given.length === 1 && SANE_ID.test(given[0] ?? '') ? String(given[0]) : randomUUID();
    response.locals.requestId = requestId;
    response.setHeader('X-Request-Id', requestId);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (stopping.aborted) response.setHeader('Connection', 'close');
    response.once('close', () => {
      const method = METHODS.has(request.method) ? request.method : 'other';
      const route = String(response.locals.route ?? 'unknown');
      const status = response.writableEnded ? String(response.statusCode) : 'gone';
      const seconds = (performance.now() - started) / 1000;
      requests.inc({ method, route, status });
      durations.observe({ method, route }, seconds);
      logger.debug({ requestId, method, route, status, ms: Math.round(seconds * 1000) }, 'request');
    });
    next();
  };
}
