import { page, portingPin } from '@qvara/contracts/api';
import { customer, externalRef, serviceStatus } from '@qvara/contracts/customers';
import { CodedError } from '@qvara/contracts/failure';
import { customerId } from '@qvara/contracts/ids';
import { type CustomerName, listCustomers, loadCustomer, takePortingPin } from '@qvara/store/customers';
import { z } from 'zod';
import { answerPage, pageFields } from './paging.ts';
import type { Parts } from './parts.ts';
import { given } from './query-fields.ts';
import { route } from './route.ts';

const REFERENCE = 'ref:';
const RULE = 'must be a customer\'s id (cus_ and 26 characters), or "ref:" and its externalRef';

const name = z
  .string()
  .refine(
    (text) => (text.startsWith(REFERENCE) ? externalRef : customerId).safeParse(text.replace(/^ref:/, '')).success,
    RULE,
  )
  .meta({ description: "A customer's id, or `ref:` and its externalRef, percent-encoded", example: 'ref:crm-42' });
const params = z.strictObject({ id: name });
const tag = 'Customers';

function nameOf(text: string): CustomerName {
  return text.startsWith(REFERENCE) ? { externalRef: text.slice(REFERENCE.length) } : { id: text };
}

type Taken = Awaited<ReturnType<typeof takePortingPin>>;

function openPin({ sealer, logger }: Parts, { sealed, customerId }: Taken): string {
  try {
    return sealer.open(sealed, customerId);
  } catch (error) {
    logger.error({ err: error, customerId }, 'a porting PIN cannot be opened');
    throw new CodedError('porting-pin-locked', `The porting PIN of customer ${customerId} cannot be opened here.`);
  }
}

export const CUSTOMER_ROUTES = [
  route({
    method: 'get',
    path: '/v1/customers',
    id: 'listCustomers',
    tag,
    scope: 'jobs:read',
    summary: 'List customers, the newest first',
    query: z.strictObject({ ...pageFields(customerId), serviceStatus: serviceStatus.optional() }),
    answers: { 200: { description: 'A page of customers', schema: page(customer) } },
    handle: async ({ ledger }, { viewer, query }) => ({
      status: 200,
      body: answerPage(await listCustomers(ledger, viewer, given(query)), (row) => row),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/customers/{id}',
    id: 'getCustomer',
    tag,
    scope: 'jobs:read',
    summary: 'Read a customer',
    params,
    answers: {
      200: {
        description: 'The customer with container, tenant, sites and settings',
        schema: customer,
        headers: { ETag: 'For If-None-Match' },
      },
    },
    handle: async ({ ledger }, { viewer, path }) => ({
      status: 200,
      body: await loadCustomer(ledger, viewer, nameOf(path.id)),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/customers/{id}/porting-pin/reveal',
    id: 'revealPortingPin',
    tag,
    scope: 'pins:reveal',
    summary: 'Reveal the porting PIN',
    description: 'Who asked is audited and told as an event.',
    params,
    answers: { 200: { description: 'The PIN in full', schema: portingPin } },
    refusals: ['porting-pin-locked'],
    handle: async (parts, { viewer, path, holder }) => {
      const { ledger, announce } = parts;
      const taken = await takePortingPin(ledger, { viewer, keyId: holder.keyId, name: nameOf(path.id) });
      announce({ bells: [], lastEvent: taken.lastEvent, ended: false, dueInMs: [] });
      const body = { portingPin: openPin(parts, taken), generatedAt: taken.generatedAt };
      return { status: 200, body, headers: { 'Cache-Control': 'no-store' } };
    },
  }),
];
