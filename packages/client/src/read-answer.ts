import type { Problem } from '@qvara/contracts/api';
import { ProblemError, StrangeAnswerError } from './errors.ts';
import { readRetryAfter } from './retry.ts';

/**
 * The JSON of an answer. Its fields are taken as the contracts have them and not judged: a newer service may add some, and
 * that must break nobody. Throws StrangeAnswerError when it is no JSON.
 */
export async function readAnswer<T>(answer: Response, origin: string): Promise<T> {
  const value = parsed(await answer.text());
  if (value === undefined) throw new StrangeAnswerError(origin, answer.status, 'without JSON');
  return value as T;
}

/** What an answer that is no success means. */
export async function refusalOf(answer: Response, origin: string): Promise<ProblemError | StrangeAnswerError> {
  const { status, headers } = answer;
  const value = parsed(await answer.text());
  if (isProblem(value)) return new ProblemError(value, readRetryAfter(headers.get('retry-after'), Date.now()));
  const location = headers.get('location');
  return new StrangeAnswerError(origin, status, location === null ? 'without a problem document' : `: see ${location}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Judged by what is used of it: the code may be a newer one. */
function isProblem(value: unknown): value is Problem {
  const { code, detail, status, errors = [] } = (value ?? {}) as Record<string, unknown>;
  return typeof code === 'string' && typeof detail === 'string' && typeof status === 'number' && Array.isArray(errors);
}
