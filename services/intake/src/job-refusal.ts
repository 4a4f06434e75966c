import { FAILURE_CODES, type FailureCode, type Fault } from '@qvara/contracts/failure';
import type { JobRequest } from '@qvara/contracts/jobs';
import type { Place } from '@qvara/contracts/problem-items';
import { Refusal } from './refusal.ts';

/** A fault of accepting as the sender is told it: with the place in the request that it is about. */
export function jobRefusal({ code, message }: Fault, request: JobRequest): Refusal {
  const place = placeOf(code, request);
  if (place === undefined) return new Refusal(code, message);
  return new Refusal(code, message, { errors: [{ ...place, code, message, remedy: FAILURE_CODES[code].remedy }] });
}

function placeOf(code: FailureCode, request: JobRequest): Place | undefined {
  switch (code) {
    case 'idempotency-key-reused':
      return { header: 'Idempotency-Key' };
    case 'external-id-taken':
      return { pointer: '/externalId' };
    case 'external-ref-taken':
      return { pointer: '/payload/externalRef' };
    case 'customer-not-found':
    case 'customer-disconnected':
      return { pointer: 'customerId' in request && request.customerId !== undefined ? '/customerId' : '/customerRef' };
    default:
      return undefined;
  }
}
