import type { JobRequest } from '@qvara/contracts/jobs';
import { expect, test } from 'vitest';
import { fitRows, regionWanted } from './fit-rows.ts';

const creation = (name: string, region?: string) => ({
  verdict: 'create' as const,
  request: {
    type: 'customer.provision',
    payload: { name, serviceType: 'hosted-pbx', industry: 'dental', ...(region && { region }) },
  } as JobRequest,
});
const namesOf = (rows: readonly ReturnType<typeof creation>[]) =>
  rows.map(({ request }) => (request.payload as { name: string }).name);

test('each new customer takes a seat, in order, and one bound to a region takes it there', () => {
  const rows = [creation('a', 'west'), creation('b', 'west'), creation('c'), creation('d', 'north'), creation('e')];
  const { fitting, lacking } = fitRows(
    rows,
    new Map([
      ['west', 1],
      ['east', 1],
    ]),
  );
  expect([namesOf(fitting), namesOf(lacking)]).toEqual([
    ['a', 'c'],
    ['b', 'd', 'e'],
  ]);
});

test('what makes no customer needs no room', () => {
  const update = { verdict: 'update' as const, request: creation('a', 'west').request };
  const invalid = { verdict: 'invalid' as const, request: null };
  expect([update, invalid].map(regionWanted)).toEqual([null, null]);
  expect(fitRows([update, invalid], new Map()).lacking).toEqual([]);
});
