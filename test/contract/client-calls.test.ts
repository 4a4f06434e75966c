import { type Client, createClient } from '@qvara/client/client';
import type { JobRequest } from '@qvara/contracts/jobs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { type RunningIntake, send, startIntake } from './running-intake.ts';

type Parameter = { readonly name: string; readonly in: string };
type Operation = { readonly method: string; readonly path: string; readonly parameters: readonly Parameter[] };
type Recorded = {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly headers: readonly string[];
};

/** What the client leaves to browsers and to whoever watches the processes. */
const NOT_OF_CLIENTS = new Set(['GET /docs', 'GET /docs/events', 'GET /healthz', 'GET /metrics']);
/** Sent with every call. */
const USUAL = new Set(['accept', 'authorization', 'content-type']);

let intake: RunningIntake;
let operations: Operation[];

beforeAll(async () => {
  intake = await startIntake();
  const { body } = await send(`${intake.url}/openapi.json`);
  operations = Object.entries(body.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, { parameters?: Parameter[] }>).map(([method, { parameters = [] }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
    })),
  );
});
afterAll(() => intake.close());

const request = provisioning() as JobRequest;
const FILE = { format: 'csv', body: 'name\n' } as const;
const EVERY_WISH = {
  type: 'customer.provision',
  mode: 'upsert',
  dryRun: true,
  errorBudget: '5%',
  label: 'x',
  map: { name: 'x' },
  set: { industry: 'x' },
} as const;
const everyFilter = { cursor: 'x', limit: 1 };

/** Every call of the client, with all that it may be given. */
const CALLS: readonly ((client: Client) => Promise<unknown>)[] = [
  ({ jobs }) => jobs.post(request, { waitSeconds: 1 }),
  ({ jobs }) => jobs.plan(request),
  ({ jobs }) =>
    jobs.page({
      ...everyFilter,
      state: 'held',
      type: 'customer.update',
      customerId: 'x',
      importId: 'x',
      code: 'internal',
    }),
  ({ jobs }) => jobs.get('x', { waitSeconds: 1 }),
  ({ jobs }) => jobs.cancel('x'),
  ({ jobs }) => jobs.retry('x'),
  ({ jobs }) => jobs.events('x').page({ after: 1, limit: 1, type: ['job.held'] }),
  ({ jobs }) =>
    jobs
      .events('x')
      .follow({ after: 1, type: ['job.held'] })
      .next(),
  ({ events }) => events.page({ after: 1, limit: 1, type: ['job.held'], jobId: 'x', customerId: 'x', importId: 'x' }),
  ({ events }) => events.follow({ type: ['job.held'], jobId: 'x', customerId: 'x', importId: 'x' }).next(),
  ({ events }) => events.newest(),
  ({ customers }) => customers.page({ ...everyFilter, serviceStatus: 'active' }),
  ({ customers }) => customers.get('ref:x'),
  ({ customers }) => customers.revealPortingPin('x'),
  ({ imports }) => imports.page({ ...everyFilter, state: 'ready', type: 'customer.update' }),
  ({ imports }) => imports.create(FILE, EVERY_WISH),
  ({ imports }) => imports.columns('customer.update'),
  ({ imports }) => imports.template('customer.update'),
  ({ imports }) => imports.get('x'),
  ({ imports }) => imports.rows('x').page({ ...everyFilter, state: 'failed', verdict: 'invalid' }),
  ({ imports }) => imports.run('x'),
  ({ imports }) => imports.pause('x'),
  ({ imports }) => imports.resume('x'),
  ({ imports }) => imports.cancel('x'),
  ({ imports }) => imports.retry('x', FILE),
  ({ imports }) => imports.failed('x'),
  ({ imports }) => imports.results('x'),
  ({ containers }) => containers.page(everyFilter),
  ({ containers }) => containers.add({ label: 'x', region: 'x', capacity: 1 }),
  ({ containers }) => containers.change('x', { state: 'online' }),
  ({ stranded }) => stranded.page(everyFilter),
  ({ queues }) => queues.list(),
  ({ queues }) => queues.pause('settings'),
  ({ queues }) => queues.resume('settings'),
  ({ reference }) => reference.read(),
  ({ reference }) => reference.put({ list: 'industries', code: 'x' }, { label: 'x' }),
  ({ webhooks }) => webhooks.page(everyFilter),
  ({ webhooks }) => webhooks.add({ url: 'x' }),
  ({ webhooks }) => webhooks.get('x'),
  ({ webhooks }) => webhooks.change('x', { state: 'enabled' }),
  ({ webhooks }) => webhooks.delete('x'),
  ({ webhooks }) => webhooks.rotateSecret('x'),
  ({ webhooks }) => webhooks.test('x'),
  ({ webhooks }) => webhooks.replay('x', 0),
  ({ webhooks }) => webhooks.redeliverFailed('x', 'x'),
  ({ webhooks }) => webhooks.deliveries('x').page({ ...everyFilter, state: 'failed' }),
  ({ webhooks }) => webhooks.redeliver('x'),
  ({ clients }) => clients.page(everyFilter),
  ({ clients }) => clients.add({ name: 'x' }),
  ({ keys }) => keys.of('x').page(everyFilter),
  ({ keys }) => keys.add('x', { scopes: ['admin'] }),
  ({ keys }) => keys.revoke('x'),
  ({ service }) => service.ready(),
  ({ service }) => service.openapi(),
  ({ service }) => service.asyncapi(),
  ({ service }) => service.eventSchema('x'),
];

/** What a client sends; it is answered by a teapot. */
async function record(calls: typeof CALLS): Promise<Recorded[]> {
  const sent: Recorded[] = [];
  const client = createClient({
    url: 'http://127.0.0.1:9',
    key: `qk_${'x'.repeat(43)}`,
    async fetch(target, init) {
      const { pathname, searchParams } = new URL(String(target));
      const headers = [...new Headers(init?.headers).keys()].filter((name) => !USUAL.has(name));
      sent.push({ method: String(init?.method), path: pathname, query: [...searchParams.keys()], headers });
      return new Response('I am a teapot', { status: 418 });
    },
  });
  for (const call of calls) await expect(call(client)).rejects.toThrow(/418/);
  return sent;
}

/** The operation that a call is meant for: of several paths that fit, the one that is spelt out most. */
function operationOf({ method, path }: Recorded): Operation | undefined {
  const braces = (template: string) => template.split('{').length;
  const fits = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
  return operations
    .filter((operation) => operation.method === method && fits(operation.path))
    .toSorted((one, other) => braces(one.path) - braces(other.path))[0];
}

it('every operation of the interface is a call of the client, and the client asks for nothing else', async () => {
  const sent = await record(CALLS);
  const strange = sent.filter((call) => operationOf(call) === undefined);
  expect(strange).toEqual([]);
  const called = new Set(sent.map(operationOf));
  const lacking = operations.filter((operation) => !called.has(operation));
  const names = lacking.map(({ method, path }) => `${method} ${path}`).filter((name) => !NOT_OF_CLIENTS.has(name));
  expect(names).toEqual([]);
});

it('every parameter of the interface can be given by the client, and it sends no other', async () => {
  const sent = await record(CALLS);
  for (const operation of operations) {
    const calls = sent.filter((call) => operationOf(call) === operation);
    if (calls.length === 0) continue;
    const named = (place: string) =>
      operation.parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
    const name = `${operation.method} ${operation.path}`;
    const given = (of: (call: Recorded) => readonly string[]) => [...new Set(calls.flatMap(of))].sort();
    expect([name, given(({ query }) => query)]).toEqual([name, named('query').sort()]);
    const headers = named('header').map((header) => header.toLowerCase());
    expect([name, given((call) => call.headers)]).toEqual([name, headers.sort()]);
  }
});
