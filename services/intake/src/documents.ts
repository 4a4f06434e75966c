import { docsPage } from './docs-page.ts';
import { styleSource } from './docs-style.ts';
import { openApiDocument } from './openapi.ts';
import type { Documents } from './parts.ts';
import { sendReply, sendText } from './reply.ts';
import type { Route } from './route.ts';

const tag = 'Operation';
const PAGE_POLICY = `default-src 'none'; style-src '${styleSource}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The documents of these calls, each made when it is first asked for. */
export function createDocuments(routes: readonly Route[]): Documents {
  let document: ReturnType<typeof openApiDocument> | undefined;
  let html: string | undefined;
  function openApi() {
    document ??= openApiDocument(routes);
    return document;
  }
  return {
    openApi,
    page() {
      html ??= docsPage(openApi());
      return html;
    },
  };
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
    serve: async ({ documents }, request, response) =>
      sendReply(request, response, { status: 200, body: documents.openApi() }),
  },
  {
    method: 'get',
    path: '/docs',
    id: 'docs',
    tag,
    scope: null,
    summary: 'This interface as a page to read',
    answers: { 200: { description: 'The page', mediaType: 'text/html' } },
    serve: async ({ documents }, _, response) => {
      response.setHeader('Content-Security-Policy', PAGE_POLICY);
      sendText(response, { status: 200, type: 'text/html; charset=utf-8', text: documents.page() });
    },
  },
];
