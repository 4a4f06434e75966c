import type { CodedError } from '@qvara/contracts/failure';
import { itemsOf, type Place, shorten } from '@qvara/contracts/problem-items';
import { unwrap } from '@qvara/contracts/schema-at';
import type { z } from 'zod';
import { characterItem } from './characters.ts';
import { malformed, Refusal } from './refusal.ts';

/** Reads the query of a request's target. Throws `malformed-request` naming each parameter that is wrong. */
export function readQuery<S extends z.ZodObject>(schema: S, target: string): z.output<S> {
  const value = collect(schema, pairsOf(target));
  return judge(schema, value, 'parameter');
}

/** Judges the names in a path. What cannot be an id names nothing: `not-found`, naming the parameter and its rule. */
export function readPath<S extends z.ZodObject>(schema: S, given: Readonly<Record<string, unknown>>): z.output<S> {
  const value: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) value[name] = String(given[name] ?? '');
  const judged = schema.safeParse(value);
  if (judged.success) return judged.data;
  const errors = itemsOf(judged.error.issues, { schema, value, placeOf: ([name]) => ({ parameter: String(name) }) });
  const [first] = errors;
  throw new Refusal('not-found', `Nothing has this ${first?.parameter}: it ${first?.message}.`, { errors });
}

/** Judges the headers that a call takes. Throws `malformed-request` naming each that is wrong. */
export function readHeaders<S extends z.ZodObject>(schema: S, given: NodeJS.Dict<string[]>): z.output<S> {
  const value: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const lines = given[name.toLowerCase()] ?? [];
    if (lines.length > 1 && name !== 'Prefer') throw malformed([twice({ header: name })]);
    if (lines.length > 0) value[name] = lines.join(', ');
  }
  return judge(schema, value, 'header');
}

function judge<S extends z.ZodObject>(schema: S, value: unknown, kind: 'parameter' | 'header'): z.output<S> {
  const judged = schema.safeParse(value);
  if (judged.success) return judged.data;
  const placeOf = (path: readonly PropertyKey[]) => ({ [kind]: shorten(String(path[0] ?? '')) }) as Place;
  const items = itemsOf(judged.error.issues, { schema, value, placeOf });
  throw malformed(
    items.map((item) => (item.code === 'unknown-field' ? { ...item, ...unknownParameter(schema) } : item)),
  );
}

function unknownParameter(schema: z.ZodObject) {
  const known = Object.keys(schema.shape);
  const remedy =
    known.length === 0 ? 'Leave it out: this call takes none.' : `Leave it out, or use one of: ${known.join(', ')}.`;
  return { code: 'unknown-parameter', message: 'is no parameter of this call', remedy };
}

function pairsOf(target: string): [string, string][] {
  const mark = target.indexOf('?');
  const parts =
    mark < 0
      ? []
      : target
          .slice(mark + 1)
          .split('&')
          .filter((part) => part !== '');
  return parts.map((part) => {
    const equals = part.indexOf('=');
    const [rawName, rawValue] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    const name = decode(rawName, rawName);
    const value = decode(rawValue, name);
    const place = { parameter: shorten(name) };
    const item = characterItem(name, place, 'its name') ?? characterItem(value, place, 'its value');
    if (item !== null) throw malformed([item]);
    return [name, value];
  });
}

function decode(text: string, name: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    const message = 'is not percent-encoded UTF-8';
    const remedy = 'Encode it as UTF-8 and percent-encode what is not plain.';
    throw malformed([{ parameter: shorten(name), code: 'not-utf-8', message, remedy }]);
  }
}

/** Repeatable parameters become lists, by repetition, and by commas where no value can hold one; any other may stand once. */
function collect(schema: z.ZodObject, pairs: readonly [string, string][]): Record<string, string | string[]> {
  const value = Object.create(null) as Record<string, string | string[]>;
  for (const [name, text] of pairs) {
    const field = Object.hasOwn(schema.shape, name) ? (schema.shape[name] as z.ZodType) : undefined;
    const list = field === undefined ? undefined : elementOf(field);
    if (list !== undefined) value[name] = [...(value[name] ?? []), ...(list === 'enum' ? text.split(',') : [text])];
    else if (name in value) throw malformed([twice({ parameter: shorten(name) })]);
    else value[name] = text;
  }
  return value;
}

/** Of which kind the values of a repeatable parameter are. */
function elementOf(field: z.ZodType): string | undefined {
  const { type, element } = unwrap(field).def as { type: string; element?: z.ZodType };
  return type === 'array' && element !== undefined ? unwrap(element).def.type : undefined;
}

function twice(place: Place) {
  return { ...place, code: 'given-twice', message: 'is given more than once', remedy: 'Give it once.' };
}

/** The error of a path that cannot be decoded. */
export function undecodablePath(): CodedError {
  const message = 'is not percent-encoded UTF-8';
  const remedy = 'Encode each part of the path as UTF-8 and percent-encode what is not plain.';
  return malformed([{ parameter: 'path', code: 'not-utf-8', message, remedy }]);
}
