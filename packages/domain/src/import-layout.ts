import { type ImportColumn, importColumns } from '@qvara/contracts/import-columns';
import type { JobType } from '@qvara/contracts/jobs';

/** A file's columns as they are to be read, and what was said about them. Pairs of `map` and `set` begin with a field. */
export type LayoutWish = {
  readonly type: JobType;
  readonly header: readonly string[];
  readonly map: readonly (readonly [field: string, column: string])[];
  readonly set: readonly (readonly [field: string, value: string])[];
};

/** What is wrong with a file's columns, or with what was said about them. */
export type LayoutFault = {
  readonly place: 'column' | 'map' | 'set';
  readonly name: string;
  readonly code: 'unknown-column' | 'unknown-field' | 'missing-column' | 'given-twice';
  readonly message: string;
  readonly remedy: string;
};

/** Which field each column of a file fills (null: ignored), and what every row has besides. */
export type Layout = {
  readonly type: JobType;
  readonly columns: readonly (ImportColumn | null)[];
  readonly constants: readonly (readonly [ImportColumn, string])[];
};

/** A name as it is compared: without capitals, blanks, `_`, `-` and `.`. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]+/g, '');
}

/** Names by which columns of a type are known: paths first; then what is unique among leaves, labels and longer names. */
function namesOf(type: JobType): ReadonlyMap<string, ImportColumn> {
  const columns = importColumns(type);
  const names = new Map(columns.map((column) => [plainName(column.field), column]));
  const others = columns.flatMap((column) => {
    const { field, label } = column;
    const longer = [`${type.split('.')[0]}.${field}`, `payload.${field}`];
    return [...new Set([field.split('.').at(-1) ?? field, label, ...longer].map(plainName))].map((name) => ({
      name,
      column,
    }));
  });
  for (const [name, [one, another]] of Map.groupBy(others, (other) => other.name))
    if (one !== undefined && another === undefined && !names.has(name)) names.set(name, one.column);
  return names;
}

const known = new Map<JobType, ReadonlyMap<string, ImportColumn>>();

/** The column that a name stands for, whatever its capitals, blanks, `_`, `-` and `.`; undefined without one. */
export function findColumn(type: JobType, name: string): ImportColumn | undefined {
  const names = known.get(type) ?? namesOf(type);
  known.set(type, names);
  return names.get(plainName(name));
}

/**
 * Fits a file's columns to the fields of its type. Columns that begin with `_` or have no name are ignored; with a `map`
 * so are those that fit no field, and those whose field was named otherwise. Answers all that is wrong as well.
 */
export function layOut(wish: LayoutWish): { readonly layout: Layout; readonly faults: readonly LayoutFault[] } {
  const { type, header, map, set } = wish;
  const faults: LayoutFault[] = [];
  const named = new Set<ImportColumn>();
  const columns: (ImportColumn | null)[] = header.map(() => null);
  const said = new Set<number>();

  function nameOnce(place: 'map' | 'set', field: string): ImportColumn | null {
    const column = findColumn(type, field);
    if (column === undefined) faults.push(unknownField(place, { type, field }));
    else if (named.has(column)) faults.push(twice(place, { name: field, field: column.field }));
    else return column;
    return null;
  }

  for (const [field, name] of map) {
    const column = nameOnce('map', field);
    const at = findHeader(header, name);
    if (at < 0) faults.push(unknownHeader(name, header));
    if (column === null || at < 0) continue;
    if (said.has(at)) faults.push(twice('map', { name, field: column.field }));
    named.add(column);
    said.add(at);
    columns[at] = column;
  }
  const constants = set.flatMap(([field, value]): [ImportColumn, string][] => {
    const column = nameOnce('set', field);
    if (column === null) return [];
    named.add(column);
    return [[column, value]];
  });
  const filled = new Set(named);
  for (const [at, name] of header.entries()) {
    if (said.has(at) || isIgnored(name)) continue;
    const column = findColumn(type, name);
    if (column === undefined) {
      if (map.length === 0) faults.push(unknownColumn(type, name));
    } else if (!filled.has(column)) {
      filled.add(column);
      columns[at] = column;
    } else if (map.length === 0 || !named.has(column)) faults.push(twice('column', { name, field: column.field }));
  }
  return { layout: { type, columns, constants }, faults: [...faults, ...missing(type, filled)] };
}

/** Whether a column is passed over in any case. */
export function isIgnored(name: string): boolean {
  return name.trim() === '' || name.trimStart().startsWith('_');
}

function findHeader(header: readonly string[], name: string): number {
  const exact = header.findIndex((one) => one.trim() === name.trim());
  return exact >= 0 ? exact : header.findIndex((one) => plainName(one) === plainName(name));
}

function missing(type: JobType, filled: ReadonlySet<ImportColumn>): LayoutFault[] {
  const lacking = importColumns(type).filter((column) => column.required && !filled.has(column));
  const names = lacking.map(({ field }) => field);
  const targets = importColumns(type).filter(({ field }) => field === 'customerId' || field === 'customerRef');
  if (targets.length > 0 && !targets.some((column) => filled.has(column))) names.unshift('customerRef');
  return names.map((name) => ({
    place: 'column',
    name,
    code: 'missing-column',
    message:
      name === 'customerRef' ? 'or customerId is needed, and the file has neither' : 'is needed, and the file lacks it',
    remedy: `Add a column ${name}, say which column it is (map=${name}:<column>), or give all rows one value (set=${name}:<value>).`,
  }));
}

function twice(place: LayoutFault['place'], { name, field }: { name: string; field: string }): LayoutFault {
  const message = `fills the field ${field}, which is filled already`;
  const remedy =
    'Fill each field by one column or one value: rename a column so that it begins with "_", or leave one out.';
  return { place, name, code: 'given-twice', message, remedy };
}

function unknownColumn(type: JobType, name: string): LayoutFault {
  const near = nearest(
    name,
    importColumns(type).map(({ field }) => field),
  );
  const map = `say which field it fills (map=<field>:${name}), or begin its name with "_" to have it ignored`;
  const remedy = near === undefined ? `Leave it out, ${map}.` : `Perhaps it is ${near}: rename it, ${map}.`;
  return { place: 'column', name, code: 'unknown-column', message: `fits no field of ${type}`, remedy };
}

function unknownField(place: 'map' | 'set', { type, field }: { type: JobType; field: string }): LayoutFault {
  const fields = importColumns(type).map((column) => column.field);
  const near = nearest(field, fields);
  const remedy = `${near === undefined ? '' : `Perhaps it is ${near}. `}Use one of: ${fields.join(', ')}.`;
  return {
    place,
    name: field,
    code: 'unknown-field',
    message: `${type} has no field ${JSON.stringify(field)}`,
    remedy,
  };
}

function unknownHeader(name: string, header: readonly string[]): LayoutFault {
  const near = nearest(name, header);
  const remedy = near === undefined ? 'Name a column of the file.' : `Perhaps it is ${near}.`;
  return {
    place: 'map',
    name,
    code: 'unknown-column',
    message: `the file has no column ${JSON.stringify(name)}`,
    remedy,
  };
}

const LONGEST_COMPARED = 64;

/** The name that differs least, if it does not differ much. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = plainName(name).slice(0, LONGEST_COMPARED);
  const [best] = names
    .map((one) => ({ one, distance: distance(wanted, plainName(one).slice(0, LONGEST_COMPARED)) }))
    .filter((found) => found.distance <= Math.max(2, Math.floor(wanted.length / 3)))
    .toSorted((a, b) => a.distance - b.distance);
  return best?.one;
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const now = [row];
    for (let at = 1; at <= b.length; at += 1) {
      const changed = (before[at - 1] ?? 0) + (a[row - 1] === b[at - 1] ? 0 : 1);
      now.push(Math.min(changed, (before[at] ?? 0) + 1, (now[at - 1] ?? 0) + 1));
    }
    before = now;
  }
  return before[b.length] ?? 0;
}
