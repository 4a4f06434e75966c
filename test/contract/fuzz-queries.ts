import fc from 'fast-check';
import { accepts, type Schema } from './fuzz-schema.ts';
import { fitting, ODD_NAMES, type Sources } from './fuzz-values.ts';

export type Query = { readonly text: string; readonly wrong: boolean };
export type Parameter = { readonly name: string; readonly schema: Schema };

const ODD_VALUES = [
  '',
  '0',
  '-1',
  '1.5',
  '201',
  '1e3',
  '0x10',
  '999999999999999',
  '1000000000000000',
  '99999999999999999999999999',
  'true',
  'null',
  'undefined',
  '%5Bobject%20Object%5D',
  'am9iXzAx',
  'bnVsbA',
  '====',
  '%00',
  '%ff',
  '%',
  '%ed%a0%80',
  'a,b,,c',
  "'%20or%201=1--",
  '%F0%9F%A6%B7',
  'x'.repeat(3_000),
  'job.completed,'.repeat(150),
];

/** Queries for a call: parameters it knows with values that fit, and some with something wrong. */
export function queries(parameters: readonly Parameter[], sources: Sources): fc.Arbitrary<Query> {
  const absent = { weight: 4, arbitrary: fc.constant(undefined) };
  const good = parameters.map((one) => fc.oneof(absent, { weight: 1, arbitrary: fittingPair(one, sources) }));
  const fine = fc.tuple(...good).map((pairs) => queryOf(pairs.filter((pair) => pair !== undefined)));
  const kinds = [
    { weight: 12, arbitrary: fine },
    { weight: 1, arbitrary: fc.tuple(fine, unknownPair(parameters)).map(([{ text }, pair]) => added(text, pair)) },
    { weight: 1, arbitrary: fc.constantFrom('?', '?&', '?=', '?&&=&').map((text) => ({ text, wrong: false })) },
  ];
  if (parameters.length > 0) kinds.push({ weight: 2, arbitrary: oddQueries(parameters) });
  return fc.oneof(...kinds);
}

function fittingPair({ name, schema }: Parameter, sources: Sources): fc.Arbitrary<string> {
  return fitting(schema, sources, name).map((value) => `${name}=${encodeURIComponent([value].flat().join(','))}`);
}

function queryOf(pairs: readonly string[]): Query {
  return { text: pairs.length === 0 ? '' : `?${pairs.join('&')}`, wrong: false };
}

function added(text: string, pair: string): Query {
  return { text: `${text}${text === '' ? '?' : '&'}${pair}`, wrong: true };
}

function unknownPair(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const names = [...ODD_NAMES, 'limit', 'colour'].filter(
    (name) => name.isWellFormed() && name !== '' && !parameters.some((one) => one.name === name),
  );
  return fc.constantFrom(...names).map((name) => `${encodeURIComponent(name)}=1`);
}

function oddQueries(parameters: readonly Parameter[]): fc.Arbitrary<Query> {
  const name = fc.constantFrom(...parameters);
  const odd = fc.tuple(name, fc.constantFrom(...ODD_VALUES)).map(([parameter, value]) => {
    return { text: `?${parameter.name}=${value}`, wrong: isWrong(parameter.schema, value) };
  });
  const twice = name.map((parameter) => {
    const wrong = parameter.schema.type !== 'array';
    return { text: `?${parameter.name}=1&${parameter.name}=1`, wrong };
  });
  return fc.oneof({ weight: 4, arbitrary: odd }, { weight: 1, arbitrary: twice });
}

/** Numbers and flags can be judged by the document; texts have rules of their own. */
function isWrong(schema: Schema, raw: string): boolean {
  const numeric = /^[0-9]+$/.test(raw) ? Number(raw) : raw;
  if (schema.type === 'integer') return !accepts(schema, numeric, {});
  if (schema.type === 'boolean') return raw !== 'true' && raw !== 'false';
  return schema.enum !== undefined && !schema.enum.includes(raw);
}
