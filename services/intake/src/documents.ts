import { CodedError } from '@qvara/contracts/failure';
import { z } from 'zod';
import { asyncApiDocument } from './asyncapi.ts';
import { eventsPage } from './docs-events.ts';
import { docsPage } from './docs-page.ts';
import { styleSource } from './docs-style.ts';
import { publishedEvents, schemaDocument } from './event-schemas.ts';
import { openApiDocument } from './openapi.ts';
import type { Documents } from './parts.ts';
import { readPath } from './query.ts';
import { sendReply, sendText } from './reply.ts';
import type { Route } from './route.ts';

const tag = 'Operation';
const scope = null;
const params = z.strictObject({
  type: z.string().meta({ description: 'The `type` of an event', example: 'qvara.job.completed.v1' }),
});
const PAGE_POLICY = `default-src 'none'; style-src '${styleSource}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The documents of these calls and of all events, each made when it is first asked for. */
export function createDocuments(routes: readonly Route[]): Documents {
  const events = once(publishedEvents);
  const openApi = once(() => openApiDocument(routes));
  const schemas = once(() => new Map(events().map((event) => [event.type, schemaDocument(event)])));
  return {
    openApi,
    asyncApi: once(() => asyncApiDocument(events(), openApi())),
    page: once(() => docsPage(openApi())),
    eventsPage: once(() => eventsPage(events())),
    eventSchema: (type) => schemas().get(type),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

type Told = Pick<Route, 'path' | 'id' | 'summary'>;

function jsonRoute(told: Told, body: (documents: Documents) => unknown): Route {
  return {
    ...told,
    method: 'get',
    tag,
    scope,
    answers: { 200: { description: 'The document', mediaType: 'application/json' } },
    serve: async ({ documents }, request, response) =>
      sendReply(request, response, { status: 200, body: body(documents) }),
  };
}

function pageRoute(told: Told, text: (documents: Documents) => string): Route {
  return {
    ...told,
    method: 'get',
    tag,
    scope,
    answers: { 200: { description: 'The page', mediaType: 'text/html' } },
    serve: async ({ documents }, _, response) => {
      response.setHeader('Content-Security-Policy', PAGE_POLICY);
      sendText(response, { status: 200, type: 'text/html; charset=utf-8', text: text(documents) });
    },
  };
}

const SCHEMA_ROUTE: Route = {
  method: 'get',
  path: '/schemas/events/{type}.json',
  id: 'eventSchema',
  tag,
  scope,
  summary: 'The JSON Schema of an event type',
  params,
  answers: { 200: { description: 'The schema of the whole event, draft 7', mediaType: 'application/json' } },
  serve: async ({ documents }, request, response) => {
    const { type } = readPath(params, request.params);
    const body = documents.eventSchema(type);
    if (body === undefined) throw new CodedError('not-found', 'There is no such type of event.');
    sendReply(request, response, { status: 200, body });
  },
};

export const DOCUMENT_ROUTES: readonly Route[] = [
  jsonRoute({ path: '/openapi.json', id: 'openApi', summary: 'This interface as an OpenAPI 3.1 document' }, (all) =>
    all.openApi(),
  ),
  jsonRoute({ path: '/asyncapi.json', id: 'asyncApi', summary: 'The events as an AsyncAPI 3.0 document' }, (all) =>
    all.asyncApi(),
  ),
  SCHEMA_ROUTE,
  pageRoute({ path: '/docs', id: 'docs', summary: 'This interface as a page to read' }, (all) => all.page()),
  pageRoute({ path: '/docs/events', id: 'eventDocs', summary: 'The events as a page to read' }, (all) =>
    all.eventsPage(),
  ),
];
