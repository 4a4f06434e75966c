import specs from '@asyncapi/specs';
import { EVENT_NAMES, EVENTS, eventSchema, eventType } from '@qvara/contracts/events';
import { TEST_EVENT_TYPE } from '@qvara/contracts/webhooks';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeBySchemasOf, strictValidator } from '../support/published-schemas.ts';
import { refused } from './refused.ts';
import { type RunningIntake, send, startIntake } from './running-intake.ts';

type Ref = { readonly $ref: string };
type Message = {
  readonly name: string;
  readonly payload: Ref;
  readonly headers?: Ref;
  readonly examples: readonly { readonly payload: { readonly type: string } }[];
};
type Channel = { readonly address: string | null; readonly messages: Readonly<Record<string, Ref | Message>> };
type Document = {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<
    Record<string, { readonly action: string; readonly channel: Ref; readonly messages: readonly Ref[] }>
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
};

let intake: RunningIntake;
let document: Document;

beforeAll(async () => {
  intake = await startIntake();
  document = (await send(`${intake.url}/asyncapi.json`)).body;
});
afterAll(() => intake.close());

/** What a reference within the document leads to, through other references. */
function follow(ref: Ref): unknown {
  const path = ref.$ref.replace(/^#\//, '').split('/');
  // biome-ignore lint/suspicious/noExplicitAny: a document from outside is judged by the expectations.
  const found = path.reduce<any>((at, name) => at?.[name.replaceAll('~1', '/')], document);
  return found?.$ref === undefined ? found : follow(found);
}

function* references(value: unknown): Generator<Ref> {
  if (typeof value !== 'object' || value === null) return;
  if ('$ref' in value) yield value as Ref;
  for (const part of Object.values(value)) yield* references(part);
}

const served = async (type: string) => (await send(`${intake.url}/schemas/events/${type}.json`)).body;

describe('the AsyncAPI document', () => {
  it('is one by the schema of AsyncAPI 3.0 itself, and every reference leads somewhere', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(specs.schemasWithoutId['3.0.0'] as object);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    const refs = [...references(document)];
    expect(refs.length).toBeGreaterThan(5 * EVENT_NAMES.length);
    for (const ref of refs) expect(follow(ref), ref.$ref).toBeTypeOf('object');
  });

  it('tells every event type in both streams and in the webhook, and nothing else but its test', () => {
    const { events, jobEvents, webhook } = document.channels;
    expect([events?.address, jobEvents?.address, webhook?.address]).toEqual([
      '/v1/events',
      '/v1/jobs/{id}/events',
      null,
    ]);
    for (const channel of [events, jobEvents]) expect(Object.keys(channel?.messages ?? {})).toEqual(EVENT_NAMES);
    expect(Object.keys(webhook?.messages ?? {})).toEqual([...EVENT_NAMES, 'webhook.test']);
    for (const { action, channel, messages } of Object.values(document.operations)) {
      expect(action).toBe('send');
      const own = Object.keys((follow(channel) as Channel).messages);
      expect(messages.map(({ $ref }) => $ref)).toEqual(own.map((name) => `${channel.$ref}/messages/${name}`));
    }
    for (const name of EVENT_NAMES) expect(document.components.messages[name]?.name).toBe(eventType(name));
  });

  it('shows of each type an example that fits its schema, and what the ledger would tell', () => {
    for (const name of EVENT_NAMES) {
      const { payload, examples } = document.components.messages[name] as Message;
      const [example] = examples;
      const validate = strictValidator().compile(follow(payload) as object);
      expect(validate(example?.payload), `${name}: ${JSON.stringify(validate.errors)}`).toBe(true);
      expect(eventSchema(name).safeParse(example?.payload).error, name).toBeUndefined();
    }
  });

  it('tells the headers of webhooks', () => {
    const { webhook } = document.channels;
    for (const message of Object.values(webhook?.messages ?? {})) {
      const { required } = follow((message as Message).headers as Ref) as { required: string[] };
      expect(required).toEqual(['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature']);
    }
  });
});

describe('the schema of an event type', () => {
  it('is served by its type, as the AsyncAPI document has it, with an example that fits', async () => {
    const judge = judgeBySchemasOf(intake.url);
    for (const [name, type] of [
      ...EVENT_NAMES.map((one) => [one, eventType(one)]),
      ['webhook.test', TEST_EVENT_TYPE],
    ]) {
      const { $schema, $id, examples, ...schema } = await served(type as string);
      expect([$schema, $id]).toEqual(['http://json-schema.org/draft-07/schema#', `/schemas/events/${type}.json`]);
      expect(schema).toEqual(document.components.schemas[name as string]);
      expect(await judge(examples[0]), type).toBeNull();
    }
  });

  it('refuses an event that lacks something or is of another type, and bears with fields that are added', async () => {
    const judge = judgeBySchemasOf(intake.url);
    const [example] = (await served('qvara.job.failed.v1')).examples;
    const { failure: _, ...data } = example.data;
    expect(await judge({ ...example, data })).toContain('failure');
    expect(await judge({ ...example, data: { ...example.data, later: '1' } })).toBeNull();
    expect(await judge({ ...example, type: 'qvara.job.completed.v1' })).not.toBeNull();
  });

  it('is not found for what is no type', async () => {
    for (const type of ['job.completed', 'qvara.job.completed.v2', '__proto__', '..%2f..%2fpackage'])
      expect((await refused(`${intake.url}/schemas/events/${type}.json`, {}, 404)).code).toBe('not-found');
  });
});

describe('the page of events', () => {
  it('shows every type with its fields and an example, runs no script and loads nothing', async () => {
    const page = await send(`${intake.url}/docs/events`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(page.text).not.toMatch(/<script|\son\w+=|src=|https?:\/\/|@import|url\(/);
    const cards = new Map(page.text.split('<article id="').map((card) => [card.slice(0, card.indexOf('"')), card]));
    for (const name of EVENT_NAMES) {
      const card = cards.get(name) ?? '';
      for (const field of Object.keys(EVENTS[name].tells)) expect(card, name).toContain(`<code>${field}</code>`);
      for (const part of [EVENTS[name].summary, `/schemas/events/${eventType(name)}.json`, '<pre tabindex="0">'])
        expect(card, name).toContain(part);
    }
    for (const [, anchor] of page.text.matchAll(/href="#([^"]+)"/g)) expect(page.text).toContain(`id="${anchor}"`);
    expect((await send(`${intake.url}/docs`)).text).toContain('href="/docs/events"');
  });
});
