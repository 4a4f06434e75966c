import type { z } from 'zod';
import { JOB_TYPES, type JobType, jobRequest } from './jobs.ts';
import type { ReferenceList } from './reference.ts';
import { SETTINGS } from './settings.ts';

export const COLUMN_KINDS = ['text', 'code', 'choice', 'number', 'boolean', 'list'] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

/** One column that a file of a job type may have: the field it fills, and how its cells are read. */
export type ImportColumn = {
  /** Its name: the path of the field within the payload, or the name of a field that stands beside it. */
  readonly field: string;
  readonly label: string;
  readonly description: string;
  /** A file without it is refused. Of `customerId` and `customerRef` one is needed: both say so in words. */
  readonly required: boolean;
  readonly kind: ColumnKind;
  /** Where it stands in what is posted as a job. */
  readonly path: readonly string[];
  /** The reference list that names its values, when there is one. */
  readonly list: ReferenceList | null;
  /** All values that it may have, when the schema lists them. */
  readonly choices: readonly string[];
  readonly example: string | null;
};

/** Fields of a job that a row cannot have: its type is the import's, and rows have an identity of their own. */
const NOT_OF_ROWS = new Set(['type', 'externalId', 'payload']);
const CUSTOMER_NAMES: readonly string[] = ['customerId', 'customerRef'];
const LISTS: Readonly<Record<string, ReferenceList>> = { serviceType: 'service-types', industry: 'industries' };

const KIND_WORDS: Readonly<Record<ColumnKind, string>> = {
  text: 'Text',
  code: 'A code; capitals, blanks and underscores do not matter',
  choice: 'One of',
  number: 'A whole number',
  boolean: 'Yes or no, true or false, 1 or 0',
  list: 'Several values, separated by semicolons',
};

/** What a schema is made of, as far as columns derive from it. */
type Made = {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly entries?: Readonly<Record<string, string>>;
};

const made = (schema: z.ZodType) => schema.def as unknown as Made;
const metaOf = (schema: z.ZodType) =>
  (schema.meta() ?? {}) as { title?: string; description?: string; example?: unknown };

/** A schema within its wrappers, what they say of it, and whether it must be given. */
function look(schema: z.ZodType) {
  const { innerType } = made(schema);
  if (innerType === undefined) return { inner: schema, meta: metaOf(schema), required: true };
  const within: { inner: z.ZodType; meta: ReturnType<typeof metaOf>; required: boolean } = look(innerType);
  const required = within.required && made(schema).type !== 'optional' && made(schema).type !== 'default';
  return { inner: within.inner, meta: { ...within.meta, ...metaOf(schema) }, required };
}

type Place = { readonly path: readonly string[]; readonly required: boolean };

function columnsAt(schema: z.ZodType, place: Place): ImportColumn[] {
  const { inner, meta, required } = look(schema);
  const needed = place.required && required;
  const { shape } = made(inner);
  if (shape === undefined) return [columnOf({ inner, meta }, { path: place.path, required: needed })];
  return Object.entries(shape).flatMap(([name, part]) =>
    columnsAt(part, { path: [...place.path, name], required: needed }),
  );
}

type Looked = Pick<ReturnType<typeof look>, 'inner' | 'meta'>;

function columnOf({ inner, meta }: Looked, { path, required }: Place): ImportColumn {
  const field = (path[0] === 'payload' ? path.slice(1) : path).join('.');
  const choices = Object.values(made(inner).entries ?? {});
  const list = LISTS[field] ?? listOfSetting(path.at(-1));
  const kind = kindOf(inner);
  const words = KIND_WORDS[kind] + (choices.length > 0 ? `: ${choices.join(', ')}` : '');
  const one = CUSTOMER_NAMES.includes(field) ? 'customerId or customerRef is needed, not both' : undefined;
  const about = [meta.description, words, list && `from the reference list ${list}`, one];
  return {
    field,
    label: meta.title ?? labelOf(field),
    description: `${about.filter((part) => part != null).join('; ')}.`,
    required,
    kind,
    path,
    list,
    choices,
    example: exampleOf(meta.example ?? choices[0]),
  };
}

function kindOf(schema: z.ZodType): ColumnKind {
  const { type } = made(schema);
  if (type === 'enum') return 'choice';
  if (type === 'array') return 'list';
  if (type === 'number' || type === 'boolean') return type;
  return schema.safeParse('two words').success || !schema.safeParse('kebab-case').success ? 'text' : 'code';
}

function listOfSetting(name: string | undefined): ReferenceList | null {
  return Object.values(SETTINGS).find(({ field }) => field === name)?.source ?? null;
}

/** `retention.callRecording` is told as "Retention call recording". */
function labelOf(field: string): string {
  const words = field
    .replaceAll('.', ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function exampleOf(value: unknown): string | null {
  if (value === undefined) return null;
  return Array.isArray(value) ? value.join(';') : String(value);
}

function requestOf(type: JobType) {
  const found = jobRequest.options.find(({ shape }) => shape.type.value === type);
  return (found as (typeof jobRequest.options)[number]).shape as Readonly<Record<string, z.ZodType>>;
}

const known = new Map(
  JOB_TYPES.map((type) => {
    const { payload, ...beside } = requestOf(type);
    const names = Object.entries(beside).filter(([name]) => !NOT_OF_ROWS.has(name));
    const columns = names.flatMap(([name, schema]) => columnsAt(schema, { path: [name], required: true }));
    return [type, [...columns, ...columnsAt(payload as z.ZodType, { path: ['payload'], required: true })]] as const;
  }),
);

/** Every column that files of a job type may have, derived from what may be posted: new fields need no change here. */
export function importColumns(type: JobType): readonly ImportColumn[] {
  return known.get(type) as readonly ImportColumn[];
}

/** The header row of an empty file of a job type. */
export function importTemplate(type: JobType): string {
  return `${importColumns(type)
    .map(({ field }) => field)
    .join(',')}\r\n`;
}
