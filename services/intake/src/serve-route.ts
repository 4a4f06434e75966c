import { CodedError } from '@qvara/contracts/failure';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { authenticate, viewerOf } from './auth.ts';
import { hasBody, judgeBody, readJson, refuseBody } from './body.ts';
import { sendDownload } from './download.ts';
import type { Parts } from './parts.ts';
import { readHeaders, readPath, readQuery } from './query.ts';
import { sendReply } from './reply.ts';
import type { Asked, Route } from './route.ts';
import { openFile } from './sent-file.ts';

const NOTHING = z.strictObject({});
const [JSON_TYPE, STREAM_TYPE, CSV_TYPE] = ['application/json', 'text/event-stream', 'text/csv'];

/** Serves one route: who asks, how often, what exactly; then the answer. */
export function serveRoute(parts: Parts, route: Route): RequestHandler {
  return async (request, response) => {
    response.locals.route = route.path;
    if (route.serve !== undefined) {
      await route.serve(parts, request, response);
      return;
    }
    const asked = await ask(parts, route, { request, response });
    const wantsStream = request.method === 'GET' && request.accepts([JSON_TYPE, STREAM_TYPE]) === STREAM_TYPE;
    if (route.stream !== undefined && wantsStream) {
      const write = await route.stream(parts, asked);
      await write(response, asked.gone());
      return;
    }
    if (route.download !== undefined) {
      const download = await route.download(parts, asked);
      await sendDownload(request, response, { download, over: AbortSignal.any([asked.gone(), parts.stopping]) });
      return;
    }
    const reply = await handle(parts, route, { asked, request });
    if (reply !== undefined && !response.destroyed) sendReply(request, response, reply);
  };
}

/** A file that is not read to its end is left before the answer. */
async function handle(parts: Parts, route: Route, { asked, request }: { asked: Asked; request: Request }) {
  try {
    return await route.handle?.(parts, asked);
  } finally {
    if (!request.readableEnded) asked.file?.leave();
  }
}

type Exchange = { readonly request: Request; readonly response: Response };

async function ask(parts: Parts, route: Route, { request, response }: Exchange): Promise<Asked> {
  if (route.scope === null || (route.handle ?? route.download) === undefined)
    throw new Error(`nothing serves ${route.method} ${route.path}`);
  const holder = await authenticate(parts.keys, request, route.scope);
  await parts.rateLimit?.(holder.keyId, response);
  const types = typesOf(route);
  if (!request.accepts(types)) {
    throw new CodedError('not-acceptable', `This call answers ${types.join(' or ')}, not ${request.headers.accept}.`);
  }
  const path = readPath(route.params ?? NOTHING, request.params);
  const query = readQuery(route.query ?? NOTHING, request.url);
  const headers = route.headers === undefined ? {} : readHeaders(route.headers, request.headersDistinct);
  const asked = { path, query, headers, holder, viewer: viewerOf(holder), gone: () => goneSignal(response) };
  if (route.file !== undefined) return { ...asked, ...(await fileOf(parts, route.file, request)) };
  return { ...asked, file: null, ...(await bodyOf(route, request, path)) };
}

function typesOf(route: Route): string[] {
  if (route.download !== undefined) return [CSV_TYPE as string];
  return [JSON_TYPE as string, ...(route.stream === undefined ? [] : [STREAM_TYPE as string])];
}

type Body = Pick<Asked, 'body' | 'sent' | 'file'>;

/** A call that can do without its file takes an empty object as well. */
async function fileOf(parts: Parts, { required }: NonNullable<Route['file']>, request: Request): Promise<Body> {
  const none = { body: undefined, sent: undefined, file: null };
  const isJson = request.headers['content-type']?.startsWith(JSON_TYPE as string) ?? false;
  if (!required && (!hasBody(request) || isJson)) {
    judgeEmpty(await readJson(request));
    return none;
  }
  return { ...none, file: openFile(request, { idleMs: parts.uploadIdleMs, stopping: parts.stopping }) };
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
  if (response.destroyed) gone.abort();
  response.once('close', () => gone.abort());
  return gone.signal;
}
