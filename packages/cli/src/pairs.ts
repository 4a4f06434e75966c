import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Pairs from a command line, each given once; `a=b` is a pair of what is before and behind one of its equals signs. */
export type Pairs = Readonly<Record<string, string>>;

/** `column=field`, kept by field: names of columns may hold equals signs, those of fields do not. */
export function columnOfField(text: string, before: Pairs = {}): Pairs {
  const [column, field] = cut(text, text.lastIndexOf('='), 'column=field');
  return added(before, field, column);
}

/** `field=value`, kept by field. */
export function valueOfField(text: string, before: Pairs = {}): Pairs {
  const [field, value] = cut(text, text.indexOf('='), 'field=value');
  return added(before, field, value);
}

function cut(text: string, at: number, form: string): [string, string] {
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new InvalidArgumentError(`It must be ${form}.`);
}

function added(before: Pairs, field: string, value: string): Pairs {
  if (Object.hasOwn(before, field)) throw new InvalidArgumentError(`The field ${field} is named twice.`);
  return { ...before, [field]: value };
}
