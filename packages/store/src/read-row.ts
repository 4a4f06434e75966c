import type { ProblemItem } from '@qvara/contracts/api';
import type { RowError } from '@qvara/contracts/imports';
import { type JobRequest, type JobType, jobRequest } from '@qvara/contracts/jobs';
import { itemsOf, pointerOf } from '@qvara/contracts/problem-items';
import type { Reference } from '@qvara/contracts/reference';
import { asksForNoEngine, engineProblem, requestProblems } from '@qvara/domain/request-rules';
import type { ImportRowRecord } from './entities/import.ts';

/** A row as a request that is acceptable in itself, or what is wrong with it. */
export type ReadRow = { readonly request: JobRequest } | { readonly errors: readonly RowError[] };

const EXTERNAL_ID: RowError = {
  field: 'externalId',
  code: 'unknown-field',
  message: 'a row has no externalId: it is known again by its reference, or by its content',
  remedy: 'Leave it out.',
};

/** Reads a row as the request it stands for, by the rules that requests posted one by one are judged by. */
export function readRow(
  { fields }: Pick<ImportRowRecord, 'fields'>,
  { type, reference }: { readonly type: JobType; readonly reference: Reference },
): ReadRow {
  const { unreadable } = fields;
  if (typeof unreadable === 'string') return { errors: [unreadableRow(unreadable)] };
  if (fields.externalId !== undefined) return { errors: [EXTERNAL_ID] };
  const value = { ...fields, type };
  const parsed = jobRequest.safeParse(value);
  if (!parsed.success) {
    const placeOf = (path: readonly PropertyKey[]) => ({ pointer: pointerOf(path) });
    return { errors: itemsOf(parsed.error.issues, { schema: jobRequest, value, placeOf }).map(errorOf) };
  }
  const problems = requestProblems(parsed.data, reference);
  if (problems.length === 0 && asksForNoEngine(parsed.data)) problems.push(engineProblem('in this row there is none'));
  return problems.length > 0 ? { errors: problems.map(errorOf) } : { request: parsed.data };
}

function unreadableRow(message: string): RowError {
  return { field: null, code: 'unreadable', message, remedy: 'Correct the row and send it again.' };
}

/** A field is named as columns are: by its path within the payload. */
function errorOf({ pointer = '', code, message, remedy }: ProblemItem): RowError {
  const names = pointer.split('/').slice(1);
  const path = names[0] === 'payload' ? names.slice(1) : names;
  return { field: path.length === 0 ? null : path.join('.'), code, message, remedy };
}
