import { STATUS_CODES } from 'node:http';
import type { Problem } from '@qvara/contracts/api';
import { CodedError, FAILURE_CODES, type FailureCode } from '@qvara/contracts/failure';
import type { Logger } from '@qvara/runtime/logger';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { messagePage } from './pages.ts';

/** Whether a person with a browser waits for the answer. */
export function wantsPage(request: Request): boolean {
  return (request.get('accept') ?? '').includes('text/html');
}

/** Answers 404: nothing before has answered. */
export const refuseUnknownPath: RequestHandler = () => {
  throw new CodedError('not-found', 'There is nothing at this address.');
};

/** Answers 405 to all methods but those. */
export function allowOnly(...methods: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (methods.includes(request.method)) return next();
    response.set('Allow', methods.join(', '));
    throw new CodedError('method-not-allowed', `${request.method} is not possible here.`);
  };
}

/** Turns every error into a page for people and a problem document for programs; what nobody foresaw is logged. */
export function answerErrors(logger: Pick<Logger, 'error'>): ErrorRequestHandler {
  // biome-ignore lint/complexity/useMaxParams: Express knows a handler of errors by its four parameters.
  return (error: unknown, request, response, _next) => {
    const known = error instanceof CodedError ? error : codedHttpError(error);
    if (known === undefined) logger.error({ err: error, method: request.method }, 'A request failed');
    if (response.headersSent) response.destroy();
    else answer(response, known ?? new CodedError('internal', 'The console failed. Its log says why.'));
  };
}

function answer(response: Response, error: CodedError): void {
  const { status, title } = FAILURE_CODES[error.code];
  response.status(status);
  if (typeof error.details.retryAfter === 'number') response.set('Retry-After', String(error.details.retryAfter));
  if (wantsPage(response.req)) response.send(messagePage(STATUS_CODES[status] ?? title, error.message));
  else response.type('application/problem+json').send(JSON.stringify(problemOf(error, response.req)));
}

function problemOf({ code, message, details }: CodedError, request: Request): Problem {
  const { status, title } = FAILURE_CODES[code];
  const instance = request.originalUrl.split('?', 1)[0] ?? '/';
  return { type: 'about:blank', title, status, detail: message, code, instance, ...details };
}

/** Errors that Express and its body parser raise because of the request. */
function codedHttpError(error: unknown): CodedError | undefined {
  const { status } = error as { status?: unknown };
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  const codes: Partial<Record<number, FailureCode>> = { 413: 'body-too-large', 415: 'unsupported-media-type' };
  const code = codes[status] ?? 'malformed-request';
  return new CodedError(code, `${FAILURE_CODES[code].title}.`);
}
