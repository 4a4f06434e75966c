import type { FailureCodeDefinition } from './failure-kind.ts';

/** The codes that only answer a request. */
export const REQUEST_FAILURES = {
  'malformed-body': {
    kind: 'invalid',
    status: 400,
    title: 'The body cannot be parsed',
    remedy: 'Send one well-formed JSON object in UTF-8.',
  },
  'malformed-request': {
    kind: 'invalid',
    status: 400,
    title: 'The request cannot be parsed',
    remedy: 'Correct the path, query or header that is named.',
  },
  'invalid-request': {
    kind: 'invalid',
    status: 422,
    title: 'The request is not acceptable',
    remedy: 'Correct the fields that are named and send it again.',
  },
  unauthenticated: {
    kind: 'invalid',
    status: 401,
    title: 'A valid key is required',
    remedy: 'Send "Authorization: Bearer qk_..." with a key that is not revoked.',
  },
  forbidden: {
    kind: 'refused',
    status: 403,
    title: 'The key lacks the scope',
    remedy: 'Use a key that has the scope named, or ask an administrator for one.',
  },
  'not-found': {
    kind: 'invalid',
    status: 404,
    title: 'Not found',
    remedy: 'Check the id; a key sees only what belongs to its client.',
  },
  'method-not-allowed': {
    kind: 'invalid',
    status: 405,
    title: 'The method is not allowed here',
    remedy: 'Use one of the methods in the Allow header.',
  },
  'not-acceptable': {
    kind: 'invalid',
    status: 406,
    title: 'No such representation',
    remedy: 'Accept application/json.',
  },
  'body-too-large': {
    kind: 'invalid',
    status: 413,
    title: 'The body is too large',
    remedy: 'Send at most 1 MiB; use an import for many customers.',
  },
  'unsupported-media-type': {
    kind: 'invalid',
    status: 415,
    title: 'The content type is not supported',
    remedy: 'Send Content-Type: application/json in UTF-8, without a content encoding.',
  },
  'rate-limited': {
    kind: 'refused',
    status: 429,
    title: 'Too many requests',
    remedy: 'Wait the seconds named in Retry-After.',
  },
  'idempotency-key-reused': {
    kind: 'refused',
    status: 422,
    title: 'The idempotency key was used with another request',
    remedy: 'Use a new key for a new request; repeat the first request unchanged to replay it.',
  },
  'external-id-taken': {
    kind: 'refused',
    status: 409,
    title: 'The externalId belongs to another job',
    remedy: 'Use another externalId, or repeat the first request unchanged to replay it.',
  },
  'external-ref-taken': {
    kind: 'refused',
    status: 409,
    title: 'The externalRef belongs to a living customer',
    remedy: 'Change that customer instead, or disconnect it first.',
  },
  'customer-not-found': {
    kind: 'refused',
    status: 404,
    title: 'No such customer',
    remedy: 'Check customerId or customerRef; a key sees only what belongs to its client.',
  },
  'job-not-cancellable': {
    kind: 'refused',
    status: 409,
    title: 'The job can no longer be cancelled',
    remedy: 'Follow the job to its end; then change or disconnect the customer.',
  },
  'job-not-retryable': {
    kind: 'refused',
    status: 409,
    title: 'The job cannot be retried',
    remedy: 'Only a failed job that says it is retryable can be retried; post a new one.',
  },
  'container-exists': {
    kind: 'refused',
    status: 409,
    title: 'The container exists',
    remedy: 'Change it with PATCH, or choose another id.',
  },
  'reference-not-found': {
    kind: 'invalid',
    status: 404,
    title: 'No such reference list',
    remedy: 'Use one of the lists that GET /v1/reference answers.',
  },
  'porting-pin-locked': {
    kind: 'broken',
    status: 500,
    title: 'The porting PIN cannot be opened',
    remedy: 'Put the key it was sealed with back into SECRET_KEY behind the present one, or generate a new PIN.',
  },
  'events-expired': {
    kind: 'refused',
    status: 410,
    title: 'Events before the oldest kept are gone',
    remedy: 'Read the present state, then follow from the number named in "oldest".',
  },
} as const satisfies Record<string, FailureCodeDefinition>;
