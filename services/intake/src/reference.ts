import { CodedError } from '@qvara/contracts/failure';
import {
  REFERENCE_ENTRIES,
  REFERENCE_LISTS,
  type ReferenceList,
  reference,
  referenceCode,
} from '@qvara/contracts/reference';
import { putReference, readReference } from '@qvara/store/reference';
import { z } from 'zod';
import { malformed } from './refusal.ts';
import { route } from './route.ts';

const tag = 'Reference';
const anyEntry = z.union(REFERENCE_LISTS.map((list) => REFERENCE_ENTRIES[list]));
const LONGEST_DAYS = 36_500;

function listOf(name: string): ReferenceList {
  const list = REFERENCE_LISTS.find((known) => known === name);
  if (list !== undefined) return list;
  throw new CodedError(
    'reference-not-found',
    `There is no reference list ${JSON.stringify(name)}; there are ${REFERENCE_LISTS.join(', ')}.`,
  );
}

function checkCode(list: ReferenceList, code: string): void {
  if (list !== 'retention-choices' || (/^[1-9][0-9]{0,4}$/.test(code) && Number(code) <= LONGEST_DAYS)) return;
  const message = `must be a number of days from 1 to ${LONGEST_DAYS}: it is a retention choice`;
  throw malformed([
    { parameter: 'code', code: 'invalid-format', message, remedy: 'Use the days as the code, such as 365.' },
  ]);
}

export const REFERENCE_ROUTES = [
  route({
    method: 'get',
    path: '/v1/reference',
    id: 'readReference',
    tag,
    scope: 'jobs:read',
    summary: 'Read the reference data',
    description: 'Service types, industries, engines, retention choices and fees. Requests name their codes.',
    answers: { 200: { description: 'All lists', schema: reference } },
    handle: async ({ ledger }) => ({ status: 200, body: await readReference(ledger) }),
  }),
  route({
    method: 'put',
    path: '/v1/reference/{list}/{code}',
    id: 'putReference',
    tag,
    scope: 'admin',
    summary: 'Add or replace an entry of the reference data',
    description: `Lists: ${REFERENCE_LISTS.join(', ')}. Other processes know the change within seconds.`,
    params: z.strictObject({
      list: z.string().meta({ example: 'industries' }),
      code: referenceCode.meta({ example: 'real-estate' }),
    }),
    body: anyEntry,
    bodyAt: ({ list }) => REFERENCE_ENTRIES[listOf(list)],
    examples: {
      'An industry': { label: 'Real estate' },
      'A fee': { label: 'Sentiment analysis', amountMinor: 1500, currency: 'USD' },
    },
    answers: {
      200: {
        description: 'The entry',
        schema: z.union(REFERENCE_LISTS.map((list) => REFERENCE_ENTRIES[list].extend({ code: z.string() }))),
      },
    },
    refusals: ['reference-not-found'],
    handle: async (parts, { path, body, holder }) => {
      const list = listOf(path.list);
      checkCode(list, path.code);
      await putReference(parts.ledger, holder, { list, code: path.code, entry: body });
      parts.reference.refresh();
      return { status: 200, body: { code: path.code, ...body } };
    },
  }),
];
