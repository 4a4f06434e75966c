import { CodedError } from '@qvara/contracts/failure';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { authenticate, viewerOf } from './auth.ts';
import { judgeBody, readJson, refuseBody } from './body.ts';
import type { Parts } from './parts.ts';
import { readHeaders, readPath, readQuery } from './query.ts';
import { sendReply } from './reply.ts';
import type { Asked, Reply, Route } from './route.ts';

const NOTHING = z.strictObject({});

/** Serves one route: who asks, how often, what exactly; then the answer. */
export function serveRoute(parts: Parts, route: Route): RequestHandler {
  return async (request, response) => {
    response.locals.route = route.path;
    if (route.serve !== undefined) {
      await route.serve(parts, request, response);
      return;
    }
    const reply = await answer(parts, route, { request, response });
    if (!response.destroyed) sendReply(request, response, reply);
  };
}

type Exchange = { readonly request: Request; readonly response: Response };

async function answer(parts: Parts, route: Route, { request, response }: Exchange): Promise<Reply> {
  if (route.scope === null || route.handle === undefined)
    throw new Error(`nothing serves ${route.method} ${route.path}`);
  const holder = await authenticate(parts.keys, request, route.scope);
  await parts.rateLimit?.(holder.keyId, response);
  if (!request.accepts('application/json')) {
    throw new CodedError('not-acceptable', `This call answers application/json, not ${request.headers.accept}.`);
  }
  const path = readPath(route.params ?? NOTHING, request.params);
  const query = readQuery(route.query ?? NOTHING, request.url);
  const headers = route.headers === undefined ? {} : readHeaders(route.headers, request.headersDistinct);
  const asked = { path, query, headers, holder, viewer: viewerOf(holder), gone: goneSignal(response) };
  return await route.handle(parts, { ...asked, ...(await bodyOf(route, request, path)) });
}

async function bodyOf(route: Route, request: Request, path: Asked['path']): Promise<Pick<Asked, 'body' | 'sent'>> {
  const schema = route.bodyAt?.(path) ?? route.body;
  if (schema !== undefined) {
    const sent = await readJson(request);
    return { sent, body: judgeBody(schema, sent) };
  }
  if (request.method === 'POST') judgeEmpty(await readJson(request));
  else refuseBody(request);
  return { sent: undefined, body: undefined };
}

/** A call that needs nothing takes no body, or an empty object. */
function judgeEmpty(sent: unknown): void {
  if (sent !== undefined) judgeBody(NOTHING, sent);
}

function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
