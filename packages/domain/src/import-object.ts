import type { ImportColumn } from '@qvara/contracts/import-columns';
import type { JobType } from '@qvara/contracts/jobs';
import { findColumn, isIgnored, type Layout, plainName } from './import-layout.ts';
import { type CodeNames, put, type RowContent, readCell, refOf, unreadableRow } from './import-row.ts';

/** A value, and by which name an object has it: the path to it, with dots. */
export type NamedValue = readonly [name: string, value: unknown];

/** The values of an object, nested ones by their path. Lists are values. */
export function namedValues(object: object, prefix = ''): NamedValue[] {
  return Object.entries(object).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? namedValues(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value] satisfies NamedValue],
  );
}

/** How the names of objects are to be read. */
export type ObjectLayout = {
  readonly type: JobType;
  readonly map: readonly (readonly [field: string, name: string])[];
  readonly constants: Layout['constants'];
};

/** The field that a name of an object fills: null when it is ignored, undefined when there is none. */
export function columnOfName({ type, map, constants }: ObjectLayout, name: string): ImportColumn | null | undefined {
  const mapped = map.find(([, other]) => other === name || plainName(other) === plainName(name));
  if (mapped !== undefined) return findColumn(type, mapped[0]);
  if (isIgnored(name)) return null;
  const column = findColumn(type, name);
  if (map.length === 0) return column;
  const isNamed =
    map.some(([field]) => findColumn(type, field) === column) || constants.some(([other]) => other === column);
  return column === undefined || isNamed ? null : column;
}

/**
 * Reads the values of one object. What fits no field stays in the payload under its name, so that the schema refuses it
 * by that name.
 */
export function readValues(
  layout: Pick<ObjectLayout, 'type' | 'constants'>,
  values: readonly (readonly [...NamedValue, ImportColumn | null | undefined])[],
  names: CodeNames,
): RowContent {
  const fields: Record<string, unknown> = { payload: {} };
  const filled = new Map<ImportColumn, string>();
  for (const [column, value] of layout.constants) {
    filled.set(column, 'set');
    put(fields, column.path, readCell(column, value, names));
  }
  for (const [name, value, column] of values) {
    if (column === null || (name === 'type' && value === layout.type)) continue;
    if (column === undefined) {
      put(fields, ['payload', name], value);
      continue;
    }
    const before = filled.get(column);
    if (before !== undefined)
      return unreadableRow(`the name ${JSON.stringify(name)} fills ${column.field}, as ${JSON.stringify(before)} does`);
    filled.set(column, name);
    put(fields, column.path, readCell(column, value, names));
  }
  return { fields, ref: refOf(layout.type, fields) };
}
