import type { JobRequest } from '@qvara/contracts/jobs';

/** A request to be accepted. Ids are made by the caller, so that the same item asked again is the same job. */
export type AcceptItem = {
  readonly jobId: string;
  /** The id of the customer, should the request make one. */
  readonly newCustomerId: string;
  readonly clientId: string;
  readonly byAdmin: boolean;
  readonly request: JobRequest;
  /** Of the canonical body as sent. */
  readonly fingerprint: string;
  readonly idempotencyKey: string | null;
};
