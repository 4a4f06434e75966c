import type { ImportColumn } from '@qvara/contracts/import-columns';
import { columnOfName, namedValues, type ObjectLayout, readValues } from '@qvara/domain/import-object';
import { type CodeNames, type RowContent, unreadableRow } from '@qvara/domain/import-row';
import { characterItems } from './characters.ts';
import { inspectJson } from './json-text.ts';

type KnownName = readonly [name: string, column: ImportColumn | null | undefined];

/** Reads one line after the other, and remembers the names that occurred. */
export type ObjectReader = {
  read(line: string): RowContent;
  /** The names so far, and the fields they fill: null when they are ignored, undefined when they fit none. */
  columns(): readonly KnownName[];
};

/** Opens a reader of lines that are JSON objects. */
export function objectReader(layout: ObjectLayout, names: CodeNames): ObjectReader {
  const known = new Map<string, ImportColumn | null | undefined>();

  function columnOf(name: string): ImportColumn | null | undefined {
    if (!known.has(name)) known.set(name, columnOfName(layout, name));
    return known.get(name);
  }

  return {
    read(line) {
      const parsed = parseObject(line);
      if (typeof parsed === 'string') return unreadableRow(`the row ${parsed}`);
      const values = namedValues(parsed).map(([name, value]) => [name, value, columnOf(name)] as const);
      return readValues(layout, values, names);
    },
    columns: () => [...known],
  };
}

/** The object in a line, or why there is none. */
export function parseObject(line: string): object | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'is no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no JSON object';
  const fault = inspectJson(line);
  if (fault !== null) return `${fault.fault === 'too-deep' ? 'is nested too deep at' : 'names twice'} ${fault.pointer}`;
  const [item] = characterItems(value);
  return item === undefined ? value : `holds what none may, at ${item.pointer}: ${item.message}`;
}
