import { CodedError } from '@qvara/contracts/failure';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { observe } from './observe.ts';
import type { Parts } from './parts.ts';
import { problemOf } from './problems.ts';
import { undecodablePath } from './query.ts';
import { malformed } from './refusal.ts';
import { sendProblem } from './reply.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { serveRoute } from './serve-route.ts';

/** The whole interface as an Express application: every route of the list, and problems for everything else. */
export function createApp(parts: Parts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.use(observe(parts));
  app.use(requireHost);
  for (const [path, routes] of Map.groupBy(ROUTES, (route) => route.path)) mount(app, parts, { path, routes });
  app.use((request) => {
    throw new CodedError('not-found', `There is nothing at ${request.path}.`);
  });
  app.use(answerError(parts));
  return app;
}

const requireHost: RequestHandler = ({ headers, httpVersion }, _, next) => {
  if (headers.host !== undefined || httpVersion === '1.0') return next();
  const words = { code: 'required', message: 'is required', remedy: 'Send the host that the request is for.' };
  throw malformed([{ header: 'Host', ...words }]);
};

type Mount = { readonly path: string; readonly routes: readonly Route[] };

function mount(app: Express, parts: Parts, { path, routes }: Mount): void {
  const place = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
  for (const route of routes) place[route.method](serveRoute(parts, route));
  const methods = routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  const allow = [...methods, 'OPTIONS'].join(', ');
  place.options(((_, response) => void response.writeHead(204, { Allow: allow }).end()) satisfies RequestHandler);
  place.all((request, response) => {
    response.locals.route = path;
    response.setHeader('Allow', allow);
    throw new CodedError('method-not-allowed', `${request.method} is not allowed here; ${allow} are.`);
  });
}

function answerError({ logger }: Parts): ErrorRequestHandler {
  // biome-ignore lint/complexity/useMaxParams: Express knows an error handler by its four parameters.
  return (error: unknown, request, response, next) => {
    const known = isUndecodable(error) ? undecodablePath() : error;
    const { requestId, route } = response.locals;
    const answer = problemOf(known, { path: request.path, requestId: String(requestId) });
    const { status } = answer.document;
    if (response.destroyed) return;
    if (status === 503) logger.warn({ requestId, route, status }, 'a request could not be served at the moment');
    else if (status >= 500) logger.error({ err: error, requestId, route, status }, 'a request failed');
    if (response.headersSent) next(error);
    else sendProblem(response, answer);
  };
}

/** The router refuses a path whose percent-encoding is broken. */
function isUndecodable(error: unknown): boolean {
  return error instanceof URIError || (error as { status?: unknown } | null)?.status === 400;
}
