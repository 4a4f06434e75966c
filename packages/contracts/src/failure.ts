import { z } from 'zod';

/** Failures are named after who must act: the sender, the sender, time, nobody yet, an operator. */
export const FAILURE_KINDS = ['invalid', 'refused', 'not-ready', 'unavailable', 'broken'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

type CodeDefinition = { readonly kind: FailureKind; readonly status: number; readonly title: string; readonly remedy: string };

/** THE closed list of failure codes: kind, HTTP status where it is answered at once, title and remedy. */
export const FAILURE_CODES = {
  'malformed-body': { kind: 'invalid', status: 400, title: 'The body cannot be parsed', remedy: 'Send one well-formed JSON object in UTF-8.' },
  'malformed-request': { kind: 'invalid', status: 400, title: 'The request cannot be parsed', remedy: 'Correct the path, query or header that is named.' },
  'invalid-request': { kind: 'invalid', status: 422, title: 'The request is not acceptable', remedy: 'Correct the fields that are named and send it again.' },
  'unauthenticated': { kind: 'invalid', status: 401, title: 'A valid key is required', remedy: 'Send "Authorization: Bearer qk_..." with a key that is not revoked.' },
  'forbidden': { kind: 'refused', status: 403, title: 'The key lacks the scope', remedy: 'Use a key that has the scope named, or ask an administrator for one.' },
  'not-found': { kind: 'invalid', status: 404, title: 'Not found', remedy: 'Check the id; a key sees only what belongs to its client.' },
  'method-not-allowed': { kind: 'invalid', status: 405, title: 'The method is not allowed here', remedy: 'Use one of the methods in the Allow header.' },
  'not-acceptable': { kind: 'invalid', status: 406, title: 'No such representation', remedy: 'Accept application/json.' },
  'body-too-large': { kind: 'invalid', status: 413, title: 'The body is too large', remedy: 'Send at most 1 MiB; use an import for many customers.' },
  'unsupported-media-type': { kind: 'invalid', status: 415, title: 'The content type is not supported', remedy: 'Send Content-Type: application/json in UTF-8, without a content encoding.' },
  'rate-limited': { kind: 'refused', status: 429, title: 'Too many requests', remedy: 'Wait the seconds named in Retry-After.' },
  'unavailable': { kind: 'unavailable', status: 503, title: 'Not available at the moment', remedy: 'Send the same request again in a few seconds, with the same Idempotency-Key.' },
  'internal': { kind: 'broken', status: 500, title: 'An error of ours', remedy: 'Send the same request again; if it goes on, tell us the time and the request id.' },
  'idempotency-key-reused': { kind: 'refused', status: 422, title: 'The idempotency key was used with another request', remedy: 'Use a new key for a new request; repeat the first request unchanged to replay it.' },
  'external-id-taken': { kind: 'refused', status: 409, title: 'The externalId belongs to another job', remedy: 'Use another externalId, or repeat the first request unchanged to replay it.' },
  'external-ref-taken': { kind: 'refused', status: 409, title: 'The externalRef belongs to a living customer', remedy: 'Change that customer instead, or disconnect it first.' },
  'customer-not-found': { kind: 'refused', status: 404, title: 'No such customer', remedy: 'Check customerId or customerRef; a key sees only what belongs to its client.' },
  'customer-disconnected': { kind: 'refused', status: 409, title: 'The customer is disconnected', remedy: 'Provision a new customer.' },
  'customer-not-provisioned': { kind: 'refused', status: 409, title: 'The customer was not provisioned', remedy: 'Retry its provisioning, then retry this job.' },
  'customer-already-provisioned': { kind: 'refused', status: 409, title: 'Another job provisions this customer', remedy: 'Follow that job; this one is not needed any more.' },
  'version-mismatch': { kind: 'refused', status: 409, title: 'The customer has another version', remedy: 'Read the customer, decide again, and send the change with its present version.' },
  'engine-required': { kind: 'refused', status: 422, title: 'Sentiment analysis needs a transcription engine', remedy: 'Choose an engine, or switch sentiment analysis off in the same change.' },
  'suspension-not-held': { kind: 'refused', status: 409, title: 'The suspension is held by another client', remedy: 'Ask the client who holds it, or an administrator.' },
  'job-not-cancellable': { kind: 'refused', status: 409, title: 'The job can no longer be cancelled', remedy: 'Follow the job to its end; then change or disconnect the customer.' },
  'job-not-retryable': { kind: 'refused', status: 409, title: 'The job cannot be retried', remedy: 'Only a failed job that says it is retryable can be retried; post a new one.' },
  'container-exists': { kind: 'refused', status: 409, title: 'The container exists', remedy: 'Change it with PATCH, or choose another id.' },
  'reference-not-found': { kind: 'invalid', status: 404, title: 'No such reference list', remedy: 'Use one of the lists that GET /v1/reference answers.' },
  'events-expired': { kind: 'refused', status: 410, title: 'Events before the oldest kept are gone', remedy: 'Read the present state, then follow from the number named in "oldest".' },
  'no-capacity': { kind: 'not-ready', status: 409, title: 'No container has head-room', remedy: 'Add a container, raise a capacity or put a draining container online.' },
  'platform-not-ready': { kind: 'not-ready', status: 503, title: 'The platform is not ready yet', remedy: 'Nothing: it is tried again.' },
  'platform-unavailable': { kind: 'unavailable', status: 503, title: 'The platform does not answer', remedy: 'Check the container and its network, then retry the job.' },
  'platform-broken': { kind: 'broken', status: 500, title: 'The platform refuses for good', remedy: 'Repair the container, then retry the job.' },
  'stale-claim': { kind: 'refused', status: 409, title: 'A later claim has spoken', remedy: 'Nothing: the later run goes on.' },
  'tenant-mismatch': { kind: 'broken', status: 500, title: 'The platform holds something else than was asked', remedy: 'Compare the tenant with the customer, repair it, then retry the job.' },
  'step-timed-out': { kind: 'unavailable', status: 503, title: 'A step took too long', remedy: 'Check the container and its network, then retry the job.' },
  'worker-lost': { kind: 'broken', status: 500, title: 'The job took its worker down again and again', remedy: 'Look at the worker logs for this job, repair the cause, then retry it.' },
} as const satisfies Record<string, CodeDefinition>;

export type FailureCode = keyof typeof FAILURE_CODES;
export const FAILURE_CODE_NAMES = Object.keys(FAILURE_CODES) as [FailureCode, ...FailureCode[]];

/** Why a job or a step failed, as a client sees it. */
export const failure = z.strictObject({
  kind: z.enum(FAILURE_KINDS),
  code: z.enum(FAILURE_CODE_NAMES),
  message: z.string(),
  remedy: z.string(),
  retryable: z.boolean(),
  step: z.string().nullable(),
  occurredAt: z.iso.datetime(),
});
export type Failure = z.infer<typeof failure>;

/** The part of a failure that whoever met it knows. `retryAfterMs` is what the platform asked for, when it did. */
export type Fault = { readonly code: FailureCode; readonly message: string; readonly retryAfterMs?: number };

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
