import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { FIELDS } from './bad-fields.ts';
import { refused } from './refused.ts';
import { type Key, type RunningIntake, send, startIntake } from './running-intake.ts';

let intake: RunningIntake;
let key: Key;
let jobs: string;

beforeAll(async () => {
  intake = await startIntake();
  key = await intake.key();
  jobs = `${intake.url}/v1/jobs`;
});
afterAll(() => intake.close());

const post = (json: unknown) => refused(jobs, { key, method: 'POST', json }, 422);
const raw = (text: string | Uint8Array<ArrayBuffer>, status: number, type = 'application/json') =>
  refused(jobs, { key, method: 'POST', raw: text, headers: { 'Content-Type': type } }, status);

describe('a body', () => {
  it.each(FIELDS)('with %s is refused by place, rule and remedy', async (_, json, { pointer, code, remedy }) => {
    const problem = await post(json);
    const item = problem.errors?.find((one) => one.pointer === pointer && one.code === code);
    expect(item, JSON.stringify(problem)).toBeDefined();
    expect(item?.remedy).toContain(remedy);
  });

  it('with several faults is told all of them at once, each place once', async () => {
    const { errors = [] } = await post({
      ...provisioning({ name: '', serviceType: 7, nam: 1, tags: ['a', 'a'] }),
      more: true,
    });
    const pointers = errors.map((item) => item.pointer);
    expect(pointers.toSorted()).toEqual([
      '/more',
      '/payload/nam',
      '/payload/name',
      '/payload/serviceType',
      '/payload/tags',
    ]);
  });

  it('with __proto__ and constructor fields is refused by name and harms nothing', async () => {
    const problem = await raw(
      '{"type":"customer.provision","__proto__":{"admin":true},"constructor":1,"payload":{"__proto__":null}}',
      422,
    );
    const unknown = problem.errors?.filter((item) => item.code === 'unknown-field').map((item) => item.pointer);
    expect(unknown?.toSorted()).toEqual(['/__proto__', '/constructor', '/payload/__proto__']);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each([
    ['an unfinished object', '{"type":'],
    ['two objects', '{} {}'],
    ['a comment', '{/* x */}'],
    ['a single quote', "{'type':1}"],
    ['a control character in a text', '{"type":"a\u0001"}'],
    ['NaN', '{"type":NaN}'],
  ])('that is %s is malformed', async (_, text) => {
    const problem = await raw(text, 400);
    expect(problem).toMatchObject({ code: 'malformed-body', errors: [{ pointer: '', code: 'not-json' }] });
  });

  it('that names a field twice is malformed', async () => {
    const problem = await raw('{"type":"customer.provision","payload":{"name":"a","name":"b"}}', 400);
    expect(problem).toMatchObject({
      code: 'malformed-body',
      errors: [{ pointer: '/payload/name', code: 'duplicate-field' }],
    });
  });

  it('that is not UTF-8 is malformed', async () => {
    const problem = await raw(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400);
    expect(problem).toMatchObject({ code: 'malformed-body', errors: [{ code: 'not-utf-8' }] });
  });

  it('that is nested a hundred thousand deep is refused without harm', async () => {
    const deep = 100_000;
    const problem = await raw(`${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`, 422);
    expect(problem.errors?.[0]).toMatchObject({ code: 'too-deep', pointer: expect.stringMatching(/^(\/a){32}$/) });
    await raw('['.repeat(500_000), 400);
  });

  it('of two megabytes is too large, declared or in chunks', async () => {
    const text = JSON.stringify(provisioning({ name: 'x'.repeat(2 * 1024 * 1024) }));
    expect(await raw(text, 413)).toMatchObject({ code: 'body-too-large', errors: [{ code: 'too-large' }] });
    const stream = new ReadableStream({
      start(controller) {
        for (const part of text.match(/.{1,65536}/gs) ?? []) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });
    const init = {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { Authorization: `Bearer ${key.text}`, 'Content-Type': 'application/json' },
    };
    const answer = await fetch(jobs, init as RequestInit);
    expect(answer.status).toBe(413);
  });

  it('of a hundred thousand unknown fields is refused in a short answer', async () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`field${n}`, n]));
    const problem = await post({ ...provisioning(), ...many });
    expect(problem.errors).toHaveLength(50);
  });

  it('of a hundred thousand texts that nobody can hold is refused in a short answer', async () => {
    const problem = await post({ ...provisioning(), tags: Array(80_000).fill('\0') });
    expect(problem.errors).toHaveLength(50);
    expect(problem.errors?.[0]).toMatchObject({ pointer: '/tags/0', code: 'nul-character' });
  });

  it.each([
    ['text/plain'],
    ['application/xml'],
    ['application/json; charset=iso-8859-1'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['json'],
  ])('of type %s is not supported', async (type) => {
    const problem = await raw(JSON.stringify(provisioning()), 415, type);
    expect(problem).toMatchObject({ code: 'unsupported-media-type', errors: [{ header: 'Content-Type' }] });
  });

  it('that is compressed is not supported', async () => {
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
    const problem = await refused(jobs, { key, method: 'POST', raw: 'xx', headers }, 415);
    expect(problem.errors?.[0]).toMatchObject({ header: 'Content-Encoding' });
  });

  it('in UTF-8 with its charset said is taken', async () => {
    for (const type of ['application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'Application/JSON']) {
      const answer = await send(jobs, {
        key,
        method: 'POST',
        raw: JSON.stringify(provisioning({ name: 'Zahnärzte 🦷' })),
        headers: { 'Content-Type': type },
      });
      expect(answer.status, type).toBe(202);
    }
  });

  it('is refused where none is taken', async () => {
    const { body } = await send(jobs, { key, method: 'POST', json: provisioning() });
    const problem = await refused(`${jobs}/${body.id}/cancel`, { key, method: 'POST', json: { why: 'x' } }, 422);
    expect(problem.errors?.[0]).toMatchObject({ pointer: '/why', code: 'unknown-field' });
    await refused(`${jobs}/${body.id}/cancel`, { key, method: 'POST', json: null }, 422);
    expect((await send(`${jobs}/${body.id}/cancel`, { key, method: 'POST', json: {} })).status).toBe(202);
    const keys = `${intake.url}/v1/keys/key_01k9zv6n3fe8prx2k1w3q4t5y6`;
    expect(await refused(keys, { key, method: 'DELETE', json: {} }, 400)).toMatchObject({ code: 'malformed-body' });
  });
});
