import { ANSWER_MS, DISABLED_AFTER_MS, RETRY_SCHEDULE_MS, SECRETS_OVERLAP_MS } from '@qvara/contracts/webhooks';
import { WEBHOOK_HEADERS } from './asyncapi-headers.ts';
import type { Operation } from './docs-operation.ts';
import { inWords } from './durations.ts';
import type { PublishedEvent } from './event-schemas.ts';
import type { openApiDocument } from './openapi.ts';

type OpenApi = ReturnType<typeof openApiDocument>;
type Parts = Readonly<Record<string, object>>;

const INFO = {
  title: 'Qvara Provisioning: events',
  version: '1.0.0',
  description:
    'What becomes of jobs, customers, containers and tenants, as CloudEvents 1.0. One event has one id, in the pages of `GET /v1/events`, in a stream of it, and in a webhook; numbers are dense and in the order of the log.',
  license: { name: 'MIT' },
};

const CONTENT_TYPE = 'application/cloudevents+json';
const HOST = { description: 'Host and port' };

/** The AsyncAPI 3.0 document of these events; what a stream may be asked for is as the OpenAPI document tells it. */
export function asyncApiDocument(events: readonly PublishedEvent[], openApi: OpenApi) {
  const logged = events.filter((event) => event.logged);
  return {
    asyncapi: '3.0.0',
    id: 'urn:qvara:provisioning:events',
    info: INFO,
    defaultContentType: CONTENT_TYPE,
    servers: {
      intake: {
        host: '{host}',
        protocol: 'https',
        description: 'Where this document came from',
        variables: { host: HOST },
        security: [ref('securitySchemes', 'key')],
      },
      consumer: {
        host: '{host}',
        protocol: 'https',
        description: 'Whatever serves the `url` of a webhook',
        variables: { host: HOST },
      },
    },
    channels: channels(events, logged),
    operations: {
      streamEvents: {
        ...streaming('events', logged),
        summary: 'Tell every event that the key may see, as a stream of server-sent events',
        bindings: { http: { method: 'GET', query: queryOf(openApi, '/v1/events'), bindingVersion: '0.3.0' } },
      },
      streamJobEvents: {
        ...streaming('jobEvents', logged),
        summary: 'Tell the events of one job, as a stream of server-sent events',
        bindings: { http: { method: 'GET', query: queryOf(openApi, '/v1/jobs/{id}/events'), bindingVersion: '0.3.0' } },
      },
      deliverEvents: {
        action: 'send',
        channel: { $ref: '#/channels/webhook' },
        summary: 'Tell a webhook what happens from its making on',
        description: DELIVERY,
        messages: events.map(({ name }) => ({ $ref: `#/channels/webhook/messages/${name}` })),
        bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
      },
    },
    components: {
      messages: Object.fromEntries(logged.map((event) => [event.name, message(event)])),
      schemas: { ...Object.fromEntries(events.map(namedSchema)), 'webhook-headers': WEBHOOK_HEADERS },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key of a client: `Authorization: Bearer qk_...`' },
      },
    },
  };
}

const STREAM =
  'Ask with `Accept: text/event-stream`. Each event is its number (`id`), its CloudEvents type (`event`) and itself as JSON (`data`). After a cut go on with `Last-Event-ID`, or with `after`: nothing is missed, and a place that is no longer kept is a 410. Comments are signs of life.';
const DELIVERY = `At least once, signed by Standard Webhooks, in order of \`jobSequence\` for each job. Any answer from 200 to 299 within ${inWords(ANSWER_MS)} is a success; what fails is sent again after ${RETRY_SCHEDULE_MS.map(inWords).join(', ')}, and not before \`Retry-After\`. An answer of 410, or ${inWords(DISABLED_AFTER_MS)} of nothing but failures, disables the webhook. For ${inWords(SECRETS_OVERLAP_MS)} after a rotation both secrets sign.`;

function channels(events: readonly PublishedEvent[], logged: readonly PublishedEvent[]): Parts {
  const shared = Object.fromEntries(logged.map(({ name }) => [name, ref('messages', name)]));
  const signed = events.map((event) => [event.name, { ...message(event), headers: ref('schemas', 'webhook-headers') }]);
  const [intake, consumer] = [{ $ref: '#/servers/intake' }, { $ref: '#/servers/consumer' }];
  return {
    events: { address: '/v1/events', title: 'The log of events', servers: [intake], messages: shared },
    jobEvents: {
      address: '/v1/jobs/{id}/events',
      title: 'The events of a job',
      servers: [intake],
      parameters: { id: { description: 'The id of the job' } },
      messages: shared,
    },
    webhook: {
      address: null,
      title: 'A webhook',
      description: 'The `url` that was given to `POST /v1/webhooks`.',
      servers: [consumer],
      messages: Object.fromEntries(signed),
    },
  };
}

function streaming(channel: string, logged: readonly PublishedEvent[]) {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channel}` },
    description: STREAM,
    messages: logged.map(({ name }) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  };
}

function message({ name, type, summary, example }: PublishedEvent) {
  return {
    name: type,
    title: name,
    summary,
    contentType: CONTENT_TYPE,
    payload: ref('schemas', name),
    examples: [{ name: 'example', payload: example }],
  };
}

function namedSchema({ name, type, summary, schema }: PublishedEvent): [string, object] {
  const { $schema: _, ...rest } = schema;
  return [name, { title: type, description: summary, ...rest }];
}

function ref(kind: 'messages' | 'schemas' | 'securitySchemes', name: string) {
  return { $ref: `#/components/${kind}/${name}` };
}

/** The query of a call as one schema. */
function queryOf(openApi: OpenApi, path: string) {
  const { parameters = [] } = (openApi.paths?.[path]?.get ?? {}) as Pick<Operation, 'parameters'>;
  const fields = parameters.filter((parameter) => parameter.in === 'query' && parameter.name !== 'limit');
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    additionalProperties: false,
  };
}
