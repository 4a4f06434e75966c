import type { Problem, ProblemItem } from '@qvara/contracts/api';

/** The service has answered that it does not do what was asked: its problem document (RFC 9457) says why. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(problem: Problem, retryAfterMs: number | null = null) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  get status(): number {
    return this.problem.status;
  }

  /** The code of the failure. A newer service may have codes that are not in the list of these contracts. */
  get code(): Problem['code'] {
    return this.problem.code;
  }

  /** Each place that is wrong: where, which rule, what to do. */
  get errors(): readonly ProblemItem[] {
    return this.problem.errors ?? [];
  }

  /** What to do about it. */
  get remedy(): string | null {
    return typeof this.problem.remedy === 'string' ? this.problem.remedy : null;
  }
}

/** There was no whole answer: nobody listens, the connection broke, or it took too long. What was sent may have been done. */
export class UnreachableError extends Error {
  readonly origin: string;

  constructor(origin: string, cause: unknown) {
    super(`${origin} does not answer: ${reasonOf(cause)}`, { cause });
    this.name = 'UnreachableError';
    this.origin = origin;
  }
}

/** Something has answered, but not as this service does: the URL may lead to something else. */
export class StrangeAnswerError extends Error {
  readonly status: number;

  constructor(origin: string, status: number, what: string) {
    super(`${origin} answered ${status} ${what}`);
    this.name = 'StrangeAnswerError';
    this.status = status;
  }
}

/** Where an answer came to nothing, as errors of this package tell it. */
export function isOurs(error: unknown): error is ProblemError | UnreachableError | StrangeAnswerError {
  return error instanceof ProblemError || error instanceof UnreachableError || error instanceof StrangeAnswerError;
}

/** What fetch keeps in the cause of its error says more than the error. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as { code?: unknown }).code;
  return typeof code === 'string' && !cause.message.includes(code) ? `${cause.message} (${code})` : cause.message;
}
