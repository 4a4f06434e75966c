import { randomBytes, randomUUID } from 'node:crypto';
import { page } from '@qvara/contracts/api';
import { webhookId } from '@qvara/contracts/ids';
import {
  newWebhook,
  TEST_EVENT_TYPE,
  testAnswer,
  type testEvent,
  webhook,
  webhookChange,
  webhookWithSecret,
} from '@qvara/contracts/webhooks';
import { validSecrets } from '@qvara/domain/webhook';
import { eventHeaders, secretText } from '@qvara/outbound/sign';
import { newId } from '@qvara/runtime/ids';
import {
  addWebhook,
  changeWebhook,
  deleteWebhook,
  listWebhooks,
  loadWebhook,
  rotateSecret,
  webhookAnswer,
} from '@qvara/store/webhooks';
import { z } from 'zod';
import { answerPage, pageFields } from './paging.ts';
import type { Parts } from './parts.ts';
import { given } from './query-fields.ts';
import { type Reply, route } from './route.ts';

const SECRET_BYTES = 32;
const scope = 'webhooks:write';
const tag = 'Webhooks';
const params = z.strictObject({ id: webhookId });
const hidden = { 'Cache-Control': 'no-store' };

type Row = Awaited<ReturnType<typeof loadWebhook>>;

/** Sends an event that is in no log, signed as all are, and tells what came back. */
async function sendTest({ sealer, targets }: Parts, row: Row): Promise<Reply> {
  const { id, url } = row;
  const at = new Date();
  const event: z.infer<typeof testEvent> = {
    specversion: '1.0',
    id: `test-${randomUUID()}`,
    source: '/qvara/provisioning',
    type: TEST_EVENT_TYPE,
    subject: id,
    time: at.toISOString(),
    datacontenttype: 'application/json',
    data: { webhookId: id },
  };
  const body = JSON.stringify(event);
  const secrets = validSecrets(row, at).map((sealed) => sealer.open(sealed, id));
  const headers = eventHeaders(secrets, { id: event.id, body, at });
  const answer = await targets.post({ url, headers, body });
  const { latencyMs } = answer;
  if (answer.outcome !== 'answered')
    return { status: 200, body: { delivered: false, status: null, body: null, error: answer.detail, latencyMs } };
  const delivered = answer.status >= 200 && answer.status < 300;
  return { status: 200, body: { delivered, status: answer.status, body: answer.body, error: null, latencyMs } };
}

export const WEBHOOK_ROUTES = [
  route({
    method: 'get',
    path: '/v1/webhooks',
    id: 'listWebhooks',
    tag,
    scope,
    summary: 'List webhooks, the newest first',
    query: z.strictObject(pageFields(webhookId)),
    answers: { 200: { description: 'A page of webhooks, without their secrets', schema: page(webhook) } },
    handle: async ({ ledger }, { viewer, query }) => ({
      status: 200,
      body: answerPage(await listWebhooks(ledger, viewer, given(query)), webhookAnswer),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/webhooks',
    id: 'addWebhook',
    tag,
    scope,
    summary: 'Add a webhook',
    description:
      'It is told what happens from now on, by Standard Webhooks: signed, at least once, in order for each job. The secret is in this answer and nowhere else.',
    body: newWebhook,
    examples: { 'A webhook': { url: 'https://hooks.example.com/qvara', eventTypes: ['job.completed', 'job.failed'] } },
    answers: { 201: { description: 'The webhook with its secret', schema: webhookWithSecret } },
    refusals: ['webhook-target-refused', 'too-many-webhooks'],
    handle: async ({ ledger, sealer, targets }, { viewer, body }) => {
      await targets.check(body.url);
      const [id, secret] = [newId('whk'), secretText(randomBytes(SECRET_BYTES))];
      const row = await addWebhook(ledger, {
        id,
        clientId: viewer.clientId,
        url: body.url,
        eventTypes: body.eventTypes ?? null,
        description: body.description ?? null,
        secret: sealer.seal(secret, id),
      });
      return { status: 201, body: { ...webhookAnswer(row), secret }, headers: hidden };
    },
  }),
  route({
    method: 'get',
    path: '/v1/webhooks/{id}',
    id: 'getWebhook',
    tag,
    scope,
    summary: 'Read a webhook',
    params,
    answers: { 200: { description: 'The webhook, without its secret', schema: webhook } },
    handle: async ({ ledger }, { viewer, path }) => ({
      status: 200,
      body: webhookAnswer(await loadWebhook(ledger, viewer, path.id)),
    }),
  }),
  route({
    method: 'patch',
    path: '/v1/webhooks/{id}',
    id: 'changeWebhook',
    tag,
    scope,
    summary: 'Change a webhook',
    description:
      'One that is enabled again goes on where it stopped: what happened meanwhile is delivered as far as it is still kept.',
    params,
    body: webhookChange,
    examples: { 'Enable it again': { state: 'enabled' } },
    answers: { 200: { description: 'The webhook as it is now', schema: webhook } },
    refusals: ['webhook-target-refused'],
    handle: async ({ ledger, targets }, { viewer, path, body }) => {
      if (body.url !== undefined) {
        await loadWebhook(ledger, viewer, path.id);
        await targets.check(body.url);
      }
      return { status: 200, body: webhookAnswer(await changeWebhook(ledger, viewer, { id: path.id, change: body })) };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/webhooks/{id}',
    id: 'deleteWebhook',
    tag,
    scope,
    summary: 'Delete a webhook, with what was to be delivered to it',
    params,
    answers: { 200: { description: 'The webhook that was', schema: webhook } },
    handle: async ({ ledger }, { viewer, path }) => {
      const row = await loadWebhook(ledger, viewer, path.id);
      await deleteWebhook(ledger, viewer, path.id);
      return { status: 200, body: webhookAnswer(row) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/webhooks/{id}/rotate-secret',
    id: 'rotateWebhookSecret',
    tag,
    scope,
    summary: 'Give a webhook a new secret',
    description: 'For a day deliveries are signed by both, the new and the one before.',
    params,
    answers: { 200: { description: 'The webhook with its new secret', schema: webhookWithSecret } },
    handle: async ({ ledger, sealer }, { viewer, path: { id } }) => {
      const secret = secretText(randomBytes(SECRET_BYTES));
      const row = await rotateSecret(ledger, viewer, { id, secret: sealer.seal(secret, id) });
      return { status: 200, body: { ...webhookAnswer(row), secret }, headers: hidden };
    },
  }),
  route({
    method: 'post',
    path: '/v1/webhooks/{id}/test',
    id: 'testWebhook',
    tag,
    scope,
    summary: 'Send a test event',
    description: `An event of type \`${TEST_EVENT_TYPE}\`, signed as all are, is sent at once and once.`,
    params,
    answers: { 200: { description: 'What the webhook answered', schema: testAnswer } },
    handle: async (parts, { viewer, path }) => await sendTest(parts, await loadWebhook(parts.ledger, viewer, path.id)),
  }),
];
