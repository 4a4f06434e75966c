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

/** Refuses the place of a file that is named: a row, a column, or all of it. */
export function malformedFile(
  code: 'malformed-file' | 'invalid-file' | 'file-too-large',
  ...items: readonly Omit<ProblemItem, 'pointer'>[]
): Refusal {
  const errors = items.map((item) => ({ pointer: '', ...item }));
  const [first] = errors;
  const where = [
    ...(first?.row === undefined ? [] : [`row ${first.row}`]),
    ...(first?.column === undefined ? [] : [`column ${JSON.stringify(first.column)}`]),
  ].join(', ');
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const detail = `${where}${where === '' ? '' : ': '}${first?.message}${more}.`;
  return new Refusal(code, detail.charAt(0).toUpperCase() + detail.slice(1), { errors });
}

/** Refuses what a body is said to be, by 415. */
export function unsupported(header: string, message: string, remedy: string): Refusal {
  const errors = [{ header, code: 'unsupported-media-type', message, remedy }];
  return new Refusal('unsupported-media-type', `${header} ${message}.`, { errors });
}

function summary(errors: readonly ProblemItem[]): string {
  const [first] = errors;
  if (first === undefined) return 'The request is not acceptable.';
  const place = first.pointer ?? first.parameter ?? first.header;
  const where = place === '' ? 'The body' : place;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${where}: ${first.message}${more}.`;
}
