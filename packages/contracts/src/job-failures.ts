import type { FailureCodeDefinition } from './failure-kind.ts';

/** The codes that may also end a job, or make it wait. */
export const JOB_FAILURES = {
  unavailable: {
    kind: 'unavailable',
    status: 503,
    title: 'Not available at the moment',
    remedy: 'Send the same request again in a few seconds, with the same Idempotency-Key.',
  },
  internal: {
    kind: 'broken',
    status: 500,
    title: 'An error of ours',
    remedy: 'Send the same request again; if it goes on, tell us the time and the request id.',
  },
  'customer-disconnected': {
    kind: 'refused',
    status: 409,
    title: 'The customer is disconnected',
    remedy: 'Provision a new customer.',
  },
  'customer-disconnecting': {
    kind: 'refused',
    status: 409,
    title: 'A disconnection of the customer has begun',
    remedy: 'Retry the disconnection that failed, or post another one.',
  },
  'customer-not-provisioned': {
    kind: 'refused',
    status: 409,
    title: 'The customer was not provisioned',
    remedy: 'Retry its provisioning, then retry this job.',
  },
  'customer-already-provisioned': {
    kind: 'refused',
    status: 409,
    title: 'Another job provisions this customer',
    remedy: 'Follow that job; this one is not needed any more.',
  },
  'version-mismatch': {
    kind: 'refused',
    status: 409,
    title: 'The customer has another version',
    remedy: 'Read the customer, decide again, and send the change with its present version.',
  },
  'engine-required': {
    kind: 'refused',
    status: 422,
    title: 'Sentiment analysis needs a transcription engine',
    remedy: 'Choose an engine, or switch sentiment analysis off in the same change.',
  },
  'suspension-not-held': {
    kind: 'refused',
    status: 409,
    title: 'The suspension is held by another client',
    remedy: 'Ask the client who holds it, or an administrator.',
  },
  'no-capacity': {
    kind: 'not-ready',
    status: 409,
    title: 'No container has head-room',
    remedy: 'Add a container, raise a capacity or put a draining container online.',
  },
  'platform-not-ready': {
    kind: 'not-ready',
    status: 503,
    title: 'The platform is not ready yet',
    remedy: 'Nothing: it is tried again.',
  },
  'platform-unavailable': {
    kind: 'unavailable',
    status: 503,
    title: 'The platform does not answer',
    remedy: 'Check the container and its network, then retry the job.',
  },
  'platform-broken': {
    kind: 'broken',
    status: 500,
    title: 'The platform refuses for good',
    remedy: 'Repair the container, then retry the job.',
  },
  'stale-claim': {
    kind: 'refused',
    status: 409,
    title: 'A later claim has spoken',
    remedy: 'Nothing: the later run goes on.',
  },
  'tenant-mismatch': {
    kind: 'broken',
    status: 500,
    title: 'The platform holds something else than was asked',
    remedy: 'Compare the tenant with the customer, repair it, then retry the job.',
  },
  'step-timed-out': {
    kind: 'unavailable',
    status: 503,
    title: 'A step took too long',
    remedy: 'Check the container and its network, then retry the job.',
  },
  'worker-lost': {
    kind: 'broken',
    status: 500,
    title: 'The job took its worker down again and again',
    remedy: 'Look at the worker logs for this job, repair the cause, then retry it.',
  },
} as const satisfies Record<string, FailureCodeDefinition>;
