import { problem } from '@qvara/contracts/api';
import { client, key, madeKey } from '@qvara/contracts/clients';
import { container, strandedSeat } from '@qvara/contracts/containers';
import { customer } from '@qvara/contracts/customers';
import { FAILURE_CODES, type FailureCode } from '@qvara/contracts/failure';
import { importAnswer, importRow } from '@qvara/contracts/imports';
import { job } from '@qvara/contracts/job-answer';
import { delivery, webhook } from '@qvara/contracts/webhooks';
import { z } from 'zod';
import { createDocument, type ZodOpenApiObject, type ZodOpenApiOperationObject } from 'zod-openapi';
import type { Answer, FileTaken, Route } from './route.ts';

const INFO = {
  title: 'Qvara Provisioning',
  version: '1.0.0',
  description:
    'Creates customers of a phone platform and keeps their settings. Post jobs, follow them by poll or by events; a 202 means that it will happen, once.',
  license: { name: 'MIT', identifier: 'MIT' },
};

/** The OpenAPI 3.1 document of these routes. */
export function openApiDocument(routes: readonly Route[]) {
  const paths: NonNullable<ZodOpenApiObject['paths']> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: {
        Job: job,
        Customer: customer,
        Container: container,
        StrandedSeat: strandedSeat,
        Client: client,
        Key: key,
        NewKey: madeKey,
        Webhook: webhook,
        Delivery: delivery,
        Import: importAnswer,
        ImportRow: importRow,
        Problem: problem,
      },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key of a client: `Authorization: Bearer qk_...`' },
      },
    },
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const description = [route.description, route.scope === null ? null : `Scope: \`${route.scope}\`.`].filter(
    (text) => text != null,
  );
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(description.length === 0 ? {} : { description: description.join('\n\n') }),
    security: route.scope === null ? [] : [{ key: [] }],
    requestParams: {
      ...(route.params === undefined ? {} : { path: route.params }),
      ...(route.query === undefined ? {} : { query: route.query }),
      ...(route.headers === undefined ? {} : { header: route.headers }),
    },
    ...(route.body === undefined ? {} : { requestBody: requestBody(route, route.body) }),
    ...(route.file === undefined ? {} : { requestBody: fileBody(route.file) }),
    responses: { ...answers(route), ...problems(route) },
  };
}

function requestBody(route: Route, schema: z.ZodType) {
  const examples = Object.entries(route.examples ?? {}).map(([name, value]) => [name, { value }]);
  return { required: true, content: { 'application/json': { schema, examples: Object.fromEntries(examples) } } };
}

function fileBody({ required, examples }: FileTaken) {
  const schema = z.string().meta({ description: 'The file, in UTF-8' });
  const content = Object.entries(examples).map(([type, value]) => [type, { schema, examples: { [type]: { value } } }]);
  return { required, content: Object.fromEntries(content) };
}

function answers(route: Route) {
  const told = Object.entries(route.answers).map(([status, answer]) => [
    status,
    { description: answer.description, ...headers(answer), ...content(answer) },
  ]);
  return Object.fromEntries(told);
}

function headers(answer: Answer) {
  if (answer.headers === undefined) return {};
  const told = Object.entries(answer.headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return { headers: Object.fromEntries(told) };
}

function content({ schema = z.unknown(), mediaType = 'application/json', stream }: Answer) {
  const streamed = stream && { 'text/event-stream': { schema: z.string().meta({ description: stream }) } };
  return { content: { [mediaType]: { schema }, ...streamed } };
}

const OF_GUARDED = [
  'malformed-request',
  'unauthenticated',
  'forbidden',
  'not-acceptable',
  'rate-limited',
  'internal',
  'unavailable',
] as const;

const FILE_CODES = [
  'unsupported-media-type',
  'malformed-file',
  'invalid-file',
  'file-too-large',
  'upload-stalled',
  'too-many-uploads',
] as const satisfies FailureCode[];

/** The problems a call may answer with: those that its shape implies, and its own. */
function problems(route: Route) {
  const codes = new Set<FailureCode>(route.scope === null ? [] : OF_GUARDED);
  if (route.params !== undefined) codes.add('not-found');
  if (route.file !== undefined) {
    for (const code of FILE_CODES) codes.add(code);
  }
  if (route.file?.required !== true && (route.body !== undefined || route.method === 'post')) {
    for (const code of ['malformed-body', 'body-too-large', 'unsupported-media-type', 'invalid-request'] as const)
      codes.add(code);
  }
  for (const code of route.refusals ?? []) codes.add(code);
  const byStatus = Map.groupBy(codes, (code) => FAILURE_CODES[code].status);
  const told = [...byStatus].map(([status, some]) => [
    status,
    { description: some.map(explain).join('\n'), content: { 'application/problem+json': { schema: problem } } },
  ]);
  return Object.fromEntries(told);
}

function explain(code: FailureCode): string {
  return `- \`${code}\`: ${FAILURE_CODES[code].title}`;
}
