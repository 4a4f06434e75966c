import type { ProblemItem } from '@qvara/contracts/api';
import { CodedError, type FailureCode } from '@qvara/contracts/failure';

type Facts = { readonly errors?: readonly ProblemItem[]; readonly headers?: Readonly<Record<string, string>> };

/** A request that is refused, with the places that are wrong and what the answer's headers must say. */
export class Refusal extends CodedError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: FailureCode, message: string, { errors = [], headers = {} }: Facts = {}) {
    super(code, message, errors.length === 0 ? {} : { errors });
    this.headers = headers;
  }
}

/** Refuses the fields of a body that are named, by 422. */
export function invalid(errors: readonly ProblemItem[]): Refusal {
  return new Refusal('invalid-request', summary(errors), { errors });
}

/** Refuses the path, query or header that is named, by 400. */
export function malformed(errors: readonly ProblemItem[]): Refusal {
  return new Refusal('malformed-request', summary(errors), { errors });
}

function summary(errors: readonly ProblemItem[]): string {
  const [first] = errors;
  if (first === undefined) return 'The request is not acceptable.';
  const place = first.pointer ?? first.parameter ?? first.header;
  const where = place === '' ? 'The body' : place;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${where}: ${first.message}${more}.`;
}
