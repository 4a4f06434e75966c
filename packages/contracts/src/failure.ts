import { z } from 'zod';
import { FAILURE_KINDS, type FailureKind } from './failure-kind.ts';
import { JOB_FAILURES } from './job-failures.ts';
import { REQUEST_FAILURES } from './request-failures.ts';

/** THE closed list of failure codes: kind, HTTP status where it is answered at once, title and remedy. */
export const FAILURE_CODES = { ...REQUEST_FAILURES, ...JOB_FAILURES };

export type FailureCode = keyof typeof FAILURE_CODES;
export const FAILURE_CODE_NAMES = Object.keys(FAILURE_CODES) as [FailureCode, ...FailureCode[]];

/** Why a job or a step failed, as a client sees it. */
export const failure = z
  .strictObject({
    kind: z.enum(FAILURE_KINDS),
    code: z.enum(FAILURE_CODE_NAMES),
    message: z.string(),
    remedy: z.string(),
    retryable: z.boolean(),
    step: z.string().nullable(),
    occurredAt: z.iso.datetime(),
  })
  .meta({
    example: {
      kind: FAILURE_CODES['platform-unavailable'].kind,
      code: 'platform-unavailable',
      message: 'The platform did not answer.',
      remedy: FAILURE_CODES['platform-unavailable'].remedy,
      retryable: true,
      step: 'create-tenant',
      occurredAt: '2026-11-25T09:30:00.000Z',
    },
  });
export type Failure = z.infer<typeof failure>;

/** The part of a failure that whoever met it knows. */
export type Fault = {
  readonly code: FailureCode;
  readonly message: string;
  /** What the platform asked for, when it did. */
  readonly retryAfterMs?: number;
  /** Where it is known that a retry is of no use although the code alone does not say so. */
  readonly retryable?: false;
};

/**
 * A failure with a code of the closed list: the only error that may reach a client.
 * `message` must not hold secrets; `details` are added to the problem document as they are.
 */
export class CodedError extends Error {
  readonly code: FailureCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: FailureCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'CodedError';
    this.code = code;
    this.details = details;
  }

  /** The kind of this failure: who must act. */
  get kind(): FailureKind {
    return FAILURE_CODES[this.code].kind;
  }
}
