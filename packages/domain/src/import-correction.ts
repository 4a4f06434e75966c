import type { JobType } from '@qvara/contracts/jobs';
import { findColumn, plainName } from './import-layout.ts';
import type { NamedValue } from './import-object.ts';

/** The columns that a file had, and the fields they filled. */
export type KnownColumns = {
  readonly type: JobType;
  readonly columns: readonly string[];
  readonly fields: readonly (string | null)[];
};

/** Which column of a file a name of its correction means: the one of that name, else the one of that field; -1 without one. */
export function placeOf({ type, columns, fields }: KnownColumns, name: string): number {
  const exact = columns.findIndex((column) => column.trim() === name.trim());
  if (exact >= 0) return exact;
  const similar = columns.findIndex((column) => plainName(column) === plainName(name));
  if (similar >= 0) return similar;
  const field = findColumn(type, name)?.field;
  return field === undefined ? -1 : fields.indexOf(field);
}

/** The cells of a row after its correction: what that names is replaced, all else stays. */
export function correctCells(
  cells: readonly string[],
  correction: readonly (readonly [place: number, value: unknown])[],
): string[] {
  const corrected = [...cells];
  for (const [place, value] of correction) corrected[place] = textOf(value);
  return corrected;
}

/** The values of an object after its correction; an empty text takes a value away. */
export function correctValues(values: readonly NamedValue[], correction: readonly NamedValue[]): NamedValue[] {
  const corrected = new Map(values);
  for (const [name, value] of correction) {
    const known = corrected.has(name) ? name : [...corrected.keys()].find((one) => plainName(one) === plainName(name));
    if (value === '') corrected.delete(known ?? name);
    else corrected.set(known ?? name, value);
  }
  return [...corrected];
}

/** A value as a cell has it. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(textOf).join(';');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
