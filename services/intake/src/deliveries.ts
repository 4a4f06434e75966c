import { page } from '@qvara/contracts/api';
import { deliveryId, webhookId } from '@qvara/contracts/ids';
import { DELIVERY_STATES, delivery } from '@qvara/contracts/webhooks';
import { deliveryAnswer, listDeliveries, redeliverFailed, redeliverOne, replay } from '@qvara/store/deliveries';
import { z } from 'zod';
import { answerPage, pageFields } from './paging.ts';
import { given } from './query-fields.ts';
import { route } from './route.ts';

const scope = 'webhooks:write';
const tag = 'Webhooks';
const params = z.strictObject({ id: webhookId });
const since = z.iso.datetime().refine((time) => !time.startsWith('0000'), 'must not be before the year 1');

export const DELIVERY_ROUTES = [
  route({
    method: 'get',
    path: '/v1/webhooks/{id}/deliveries',
    id: 'listDeliveries',
    tag,
    scope,
    summary: 'List what was and is to be delivered, the newest first',
    params,
    query: z.strictObject({ ...pageFields(deliveryId), state: z.enum(DELIVERY_STATES).optional() }),
    answers: { 200: { description: 'A page of deliveries with their tries', schema: page(delivery) } },
    handle: async ({ ledger }, { viewer, path, query }) => ({
      status: 200,
      body: answerPage(await listDeliveries(ledger, viewer, { webhookId: path.id, ...given(query) }), deliveryAnswer),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/webhooks/{id}/replay',
    id: 'replayWebhook',
    tag,
    scope,
    summary: 'Deliver once more what happened after a number',
    description:
      'Apart from what happens meanwhile, marked by the header `qvara-replay`, with the same `webhook-id`; it ends with what has happened by now.',
    params,
    body: z.strictObject({ after: z.int().min(0).max(999_999_999_999_999) }),
    examples: { 'From the beginning': { after: 0 } },
    answers: {
      202: {
        description: 'What is being replayed',
        schema: z.strictObject({ after: z.int(), until: z.int().meta({ description: 'The last number of it' }) }),
      },
    },
    refusals: ['events-expired'],
    handle: async ({ ledger }, { viewer, path, body }) => ({
      status: 202,
      body: await replay(ledger, viewer, { webhookId: path.id, after: body.after }),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/webhooks/{id}/redeliver',
    id: 'redeliverFailed',
    tag,
    scope,
    summary: 'Deliver again what failed since a time',
    description: 'Ten thousand at most, the oldest first.',
    params,
    body: z.strictObject({ since }),
    examples: { 'Since midnight': { since: '2026-11-23T00:00:00Z' } },
    answers: {
      202: { description: 'How many are delivered again', schema: z.strictObject({ deliveries: z.int() }) },
    },
    handle: async ({ ledger }, { viewer, path, body }) => ({
      status: 202,
      body: { deliveries: await redeliverFailed(ledger, viewer, { webhookId: path.id, since: body.since }) },
    }),
  }),
  route({
    method: 'post',
    path: '/v1/deliveries/{id}/redeliver',
    id: 'redeliver',
    tag,
    scope,
    summary: 'Deliver one again',
    params: z.strictObject({ id: deliveryId }),
    answers: { 202: { description: 'The delivery, pending again', schema: delivery } },
    handle: async ({ ledger }, { viewer, path }) => ({
      status: 202,
      body: deliveryAnswer(await redeliverOne(ledger, viewer, path.id)),
    }),
  }),
];
