import type { ImportColumn } from '@qvara/contracts/import-columns';
import type { JobType } from '@qvara/contracts/jobs';
import { REFERENCE_LISTS, type Reference, type ReferenceList } from '@qvara/contracts/reference';
import type { Layout } from './import-layout.ts';

/** What a row asks for: what would be posted as a job but for its type, not judged yet. */
export type RowFields = Readonly<Record<string, unknown>>;

/** A row as it is kept: `ref` is how it names its customer, null if it does not, or too long to be a reference. */
export type RowContent = { readonly fields: RowFields; readonly ref: string | null };

/** The codes of the reference data by every way in which people write them: code or label, in any capitals. */
export type CodeNames = Readonly<Record<ReferenceList, ReadonlyMap<string, string>>>;

const LONGEST_REF = 200;
const WORDS = /^[\w\s&./-]+$/;
const WHOLE_NUMBER = /^[+-]?\d{1,15}$/;
const TRUE = new Set(['true', 'yes', 'y', '1']);
const FALSE = new Set(['false', 'no', 'n', '0']);

/** `Real Estate` as a code: `real-estate`. */
function kebab(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/** Makes the names of the codes; a label that two entries share names none. */
export function codeNames(reference: Reference): CodeNames {
  const lists = REFERENCE_LISTS.map((list) => {
    const entries = reference[list].map(({ code, label }) => ({ code, label: kebab(label) }));
    const labels = Map.groupBy(entries, ({ label }) => label);
    const unique = entries.filter(({ label }) => labels.get(label)?.length === 1);
    return [
      list,
      new Map([
        ...unique.map(({ label, code }) => [label, code] as const),
        ...entries.map(({ code }) => [kebab(code), code] as const),
      ]),
    ];
  });
  return Object.fromEntries(lists) as CodeNames;
}

/**
 * The value that a cell stands for; undefined when it is empty. What cannot be converted stays as it is, so that the
 * schema tells what is wrong with it. Values that are no text (of JSON) are taken as they are.
 */
export function readCell(column: ImportColumn, cell: unknown, names: CodeNames): unknown {
  if (typeof cell !== 'string') return cell;
  const text = cell.trim();
  if (text === '') return undefined;
  const word = text.toLowerCase();
  const code = column.list === null ? undefined : names[column.list].get(kebab(text));
  switch (column.kind) {
    case 'text':
      return text;
    case 'code':
      return code ?? (WORDS.test(text) ? kebab(text) : text);
    case 'choice':
      return column.choices.find((choice) => kebab(choice) === kebab(text)) ?? text;
    case 'number':
      return WHOLE_NUMBER.test(code ?? text) ? Number(code ?? text) : text;
    case 'boolean':
      return TRUE.has(word) || (FALSE.has(word) ? false : text);
    case 'list':
      return text
        .split(';')
        .map((part) => part.trim())
        .filter((part) => part !== '');
  }
}

/** Reads the cells of one row, in the order of the file's columns. */
export function readRow({ type, columns, constants }: Layout, cells: readonly unknown[], names: CodeNames): RowContent {
  const fields: Record<string, unknown> = { payload: {} };
  for (const [column, value] of constants) put(fields, column.path, readCell(column, value, names));
  for (const [at, column] of columns.entries())
    if (column !== null) put(fields, column.path, readCell(column, cells[at], names));
  return { fields, ref: refOf(type, fields) };
}

/** A row that is none: its message becomes its error. */
export function unreadableRow(message: string): RowContent {
  return { fields: { unreadable: message }, ref: null };
}

/** Puts a value where its path leads; nothing where there is none. */
export function put(fields: Record<string, unknown>, path: readonly string[], value: unknown): void {
  if (value === undefined) return;
  let at = fields;
  for (const step of path.slice(0, -1)) {
    if (!isRecord(at[step])) at[step] = {};
    at = at[step] as Record<string, unknown>;
  }
  const name = path.at(-1) as string;
  // A name such as __proto__ is a field like any other.
  Object.defineProperty(at, name, { value, enumerable: true, configurable: true, writable: true });
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The reference or id by which a row names its customer. */
export function refOf(type: JobType, fields: RowFields): string | null {
  const payload = fields.payload as RowFields | undefined;
  const ref = type === 'customer.provision' ? payload?.externalRef : (fields.customerRef ?? fields.customerId);
  return typeof ref === 'string' && ref.length <= LONGEST_REF ? ref : null;
}
