import type { Problem } from '@qvara/contracts/api';
import { CodedError, FAILURE_CODES } from '@qvara/contracts/failure';
import { classify } from '@qvara/store/coalesce';
import { Refusal } from './refusal.ts';

const RETRY_AFTER_S = 2;

/** An error as it is answered: RFC 9457. */
export type ProblemAnswer = {
  readonly document: Problem & { readonly remedy: string };
  readonly headers: Readonly<Record<string, string>>;
};

/** Where an error was met. */
export type Met = { readonly path: string; readonly requestId: string };

/** The answer to an error. What is not of the closed list is an error of ours, and nothing of it is told. */
export function problemOf(error: unknown, { path, requestId }: Met): ProblemAnswer {
  const coded = codedError(error);
  const { status, title, remedy } = FAILURE_CODES[coded.code];
  const document = {
    type: `/docs#problem-${coded.code}`,
    title,
    status,
    detail: coded.message,
    code: coded.code,
    instance: path,
    remedy,
    ...coded.details,
    ...(status >= 500 ? { requestId } : {}),
  };
  const headers: Record<string, string> = coded instanceof Refusal ? { ...coded.headers } : {};
  if (status === 503) headers['Retry-After'] = String(RETRY_AFTER_S);
  return { document, headers };
}

function codedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const kind = classify(error);
  if (kind === 'connection' || kind === 'conflict') {
    return new CodedError('unavailable', 'The ledger does not answer at the moment.');
  }
  return new CodedError('internal', 'Something went wrong here. It was noted under the request id.');
}
