import type { IncomingMessage, ServerResponse } from 'node:http';
import { entityTag, matches } from './etag.ts';
import type { ProblemAnswer } from './problems.ts';
import type { Reply } from './route.ts';

/** Writes an answer as JSON; what is read carries an entity tag, and is not sent again to who has it. */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const text = JSON.stringify(reply.body);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  const read = request.method === 'GET' || request.method === 'HEAD';
  if (read && reply.status === 200) {
    const tag = entityTag(text);
    response.setHeader('ETag', tag);
    if (matches(request.headers['if-none-match'], tag)) {
      response.writeHead(304).end();
      return;
    }
  }
  sendText(response, { status: reply.status, type: 'application/json', text });
}

/** Writes a problem. */
export function sendProblem(response: ServerResponse, { document, headers }: ProblemAnswer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendText(response, { status: document.status, type: 'application/problem+json', text: JSON.stringify(document) });
}

type Text = { readonly status: number; readonly type: string; readonly text: string };

/** Writes a text. */
export function sendText(response: ServerResponse, { status, type, text }: Text): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text);
}
