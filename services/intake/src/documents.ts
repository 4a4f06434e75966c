import { docsPage } from './docs-page.ts';
import { styleSource } from './docs-style.ts';
import { openApiDocument } from './openapi.ts';
import { sendReply, sendText } from './reply.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';

const tag = 'Operation';
const PAGE_POLICY = `default-src 'none'; style-src '${styleSource}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

let document: ReturnType<typeof openApiDocument> | undefined;
let html: string | undefined;

/** The document of all calls, made when it is first asked for. */
function wholeDocument() {
  document ??= openApiDocument(ROUTES);
  return document;
}

export const DOCUMENT_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/openapi.json',
    id: 'openApi',
    tag,
    scope: null,
    summary: 'This interface as an OpenAPI 3.1 document',
    answers: { 200: { description: 'The document', mediaType: 'application/json' } },
    serve: async (_, request, response) => sendReply(request, response, { status: 200, body: wholeDocument() }),
  },
  {
    method: 'get',
    path: '/docs',
    id: 'docs',
    tag,
    scope: null,
    summary: 'This interface as a page to read',
    answers: { 200: { description: 'The page', mediaType: 'text/html' } },
    serve: async (_, __, response) => {
      html ??= docsPage(wholeDocument());
      response.setHeader('Content-Security-Policy', PAGE_POLICY);
      sendText(response, { status: 200, type: 'text/html; charset=utf-8', text: html });
    },
  },
];
