import { FAILURE_CODE_NAMES } from '@qvara/contracts/failure';
import { JOB_TYPES } from '@qvara/contracts/jobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { operationsOf } from './operations.ts';
import { type Key, type RunningIntake, send, startIntake } from './running-intake.ts';

let intake: RunningIntake;
let key: Key;
// biome-ignore lint/suspicious/noExplicitAny: a document from outside is judged by the expectations.
let document: any;

beforeAll(async () => {
  intake = await startIntake();
  key = await intake.key();
  document = (await send(`${intake.url}/openapi.json`)).body;
});
afterAll(() => intake.close());

const CALLS = `
GET /v1/jobs, POST /v1/jobs, GET /v1/jobs/{id}, POST /v1/jobs/{id}/cancel, POST /v1/jobs/{id}/retry, GET /v1/jobs/{id}/events,
GET /v1/events, GET /v1/customers, GET /v1/customers/{id}, POST /v1/customers/{id}/porting-pin/reveal, GET /v1/containers,
POST /v1/containers, PATCH /v1/containers/{id}, GET /v1/stranded, GET /v1/queues,
POST /v1/queues/{name}/pause, POST /v1/queues/{name}/resume, GET /v1/reference, PUT /v1/reference/{list}/{code},
GET /v1/clients, POST /v1/clients, GET /v1/clients/{id}/keys, POST /v1/clients/{id}/keys, DELETE /v1/keys/{id},
GET /v1/webhooks, POST /v1/webhooks, GET /v1/webhooks/{id}, PATCH /v1/webhooks/{id}, DELETE /v1/webhooks/{id},
POST /v1/webhooks/{id}/rotate-secret, POST /v1/webhooks/{id}/test, GET /v1/webhooks/{id}/deliveries,
POST /v1/webhooks/{id}/replay, POST /v1/webhooks/{id}/redeliver, POST /v1/deliveries/{id}/redeliver,
GET /v1/imports, POST /v1/imports, GET /v1/imports/columns, GET /v1/imports/template.csv, GET /v1/imports/{id},
GET /v1/imports/{id}/rows, GET /v1/imports/{id}/failed.csv, GET /v1/imports/{id}/results.csv, POST /v1/imports/{id}/run,
POST /v1/imports/{id}/retry, POST /v1/imports/{id}/pause, POST /v1/imports/{id}/resume, POST /v1/imports/{id}/cancel,
GET /openapi.json, GET /asyncapi.json, GET /schemas/events/{type}.json, GET /docs, GET /docs/events, GET /healthz, GET /readyz,
GET /metrics`;

type Told = {
  readonly operationId: string;
  readonly parameters?: readonly { in: string; name: string; required?: boolean; schema: object }[];
  readonly responses: Readonly<Record<string, { description: string }>>;
};

/** Everything in a document, with where it stands. */
function* parts(value: unknown, path = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  yield [path, value as Record<string, unknown>];
  for (const [name, part] of Object.entries(value)) yield* parts(part, `${path}/${name}`);
}

describe('the OpenAPI document', () => {
  it('lists every call', async () => {
    const told = (await operationsOf(intake.url)).map(({ method, path }) => `${method} ${path}`);
    expect(told.toSorted()).toEqual(CALLS.trim().split(/,\s+/).toSorted());
  });

  it('is well-formed: version, names, references, parameters, answers', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const ids: string[] = [];
    for (const [path, methods] of Object.entries<Record<string, Told>>(document.paths)) {
      for (const operation of Object.values(methods)) {
        ids.push(operation.operationId);
        const { parameters = [] } = operation;
        const inPath = parameters.filter((parameter) => parameter.in === 'path');
        expect(inPath.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
        expect(inPath.every(({ required }) => required)).toBe(true);
        for (const parameter of parameters) expect(parameter.schema, `${path} ${parameter.name}`).toBeTypeOf('object');
        const answers = Object.entries(operation.responses);
        expect(answers.length).toBeGreaterThan(0);
        for (const [status, { description }] of answers)
          expect([status, description]).toEqual([expect.stringMatching(/^\d{3}$/), expect.stringMatching(/\w/)]);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
    for (const [path, part] of parts(document)) {
      const ref = part.$ref;
      if (typeof ref !== 'string') continue;
      const target = ref
        .slice(2)
        .split('/')
        .reduce((at, name) => at?.[name.replaceAll('~1', '/')], document);
      expect(target, `${path} -> ${ref}`).toBeTypeOf('object');
    }
  });

  it('tells every job type, with an example that a dry run takes as it stands', async () => {
    const { schema, examples } = document.paths['/v1/jobs'].post.requestBody.content['application/json'];
    expect(schema.oneOf ?? schema.anyOf).toHaveLength(JOB_TYPES.length);
    expect(Object.keys(examples)).toEqual(JOB_TYPES);
    const { body } = await send(`${intake.url}/v1/jobs`, {
      method: 'POST',
      key,
      json: provisioning({ externalRef: 'example' }),
    });
    for (const { value } of Object.values<{ value: object }>(examples)) {
      const target =
        'customerId' in value || 'customerRef' in value ? { customerId: body.customerId, customerRef: undefined } : {};
      const answer = await send(`${intake.url}/v1/jobs?dryRun=true`, {
        method: 'POST',
        key,
        json: { ...value, ...target },
      });
      expect(answer.status, answer.text).toBe(200);
    }
  });

  it('shows files that are taken as they stand', async () => {
    const { content, required } = document.paths['/v1/imports'].post.requestBody;
    expect([Object.keys(content), required]).toEqual([['text/csv', 'application/x-ndjson'], true]);
    for (const [type, { examples }] of Object.entries<{ examples: Record<string, { value: string }> }>(content)) {
      const answer = await send(`${intake.url}/v1/imports?type=customer.provision`, {
        method: 'POST',
        key,
        raw: examples[type]?.value ?? '',
        headers: { 'Content-Type': type },
      });
      expect(answer.status, answer.text).toBe(202);
    }
  });

  it('describes numbers and flags of a query as what they are', () => {
    const named = (path: string, name: string) =>
      document.paths[path].get.parameters.find((one: { name: string }) => one.name === name).schema;
    expect(named('/v1/jobs', 'limit')).toMatchObject({ type: 'integer', minimum: 1, maximum: 200, default: 50 });
    expect(named('/v1/events', 'type')).toMatchObject({ type: 'array' });
  });
});

describe('the page', () => {
  it('shows every call and every problem, runs no script and loads nothing', async () => {
    const page = await send(`${intake.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    // An example of a URL loads nothing.
    expect(page.text.replaceAll('https://hooks.example.com', '')).not.toMatch(
      /<script|\son\w+=|src=|https?:\/\/|@import|url\(/,
    );
    for (const methods of Object.values<object>(document.paths)) {
      for (const operation of Object.values(methods)) expect(page.text).toContain(`id="${operation.operationId}"`);
    }
    for (const code of FAILURE_CODE_NAMES) expect(page.text).toContain(`id="problem-${code}"`);
    for (const [, anchor] of page.text.matchAll(/href="#([^"]+)"/g)) expect(page.text).toContain(`id="${anchor}"`);
  });
});
