import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Client, type ClientOptions, createClient } from '@qvara/client/client';
import { ProblemError, StrangeAnswerError, UnreachableError } from '@qvara/client/errors';
import { hasEnded } from '@qvara/client/jobs';
import type { JobState } from '@qvara/contracts/job-answer';
import type { JobRequest } from '@qvara/contracts/jobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { INHERITED } from '../support/inherited.ts';
import { startProxy, type Way } from '../support/proxy.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const FULL = { name: 'ABC Dental', serviceType: 'hosted-pbx', industry: 'dental' };
const ROOT = new URL('../../', import.meta.url);
const NEW_CUSTOMER = provisioning() as JobRequest;

let stack: Stack;
let api: Api;
let way: Way;
/** By way of the proxy: leads to whichever intake lives. */
let url: string;

beforeAll(async () => {
  stack = await startStack({ backend: 'postgres' });
  way = await startProxy({
    get port() {
      return stack.intakes[0]?.port ?? 0;
    },
  });
  url = `http://127.0.0.1:${way.port}`;
  api = await stack.client();
  await addContainers(api, [{ id: '100001', capacity: 900, region: 'west' }]);
});
afterAll(async () => {
  await way?.close();
  await stack?.stop();
});

const clientOf = (options: Partial<ClientOptions> = {}): Client => createClient({ url, key: api.key, ...options });

/** A fetch whose first answers are lost on their way: what was sent has arrived. */
function losing(count: number) {
  const calls: string[] = [];
  const send: typeof fetch = async (target, init) => {
    calls.push(`${init?.method} ${target}`);
    const answer = await fetch(target, init);
    if (calls.length > count) return answer;
    await answer.text();
    throw new TypeError('fetch failed', { cause: new Error('the answer was lost') });
  };
  return { calls, send };
}

describe('jobs', () => {
  it('a job whose answer was lost is sent again, and is one job', async () => {
    const { calls, send } = losing(2);
    const retried: string[] = [];
    const client = clientOf({ fetch: send, onRetry: ({ error }) => retried.push(error.message), chance: () => 0 });
    const { job, replayed, idempotencyKey } = await client.jobs.post(NEW_CUSTOMER);
    expect([calls.length, replayed]).toEqual([3, true]);
    expect(retried).toEqual([
      `${url} does not answer: the answer was lost`,
      `${url} does not answer: the answer was lost`,
    ]);
    const again = await client.jobs.post(NEW_CUSTOMER, { idempotencyKey });
    expect([again.job.id, again.replayed]).toEqual([job.id, true]);
    const other = await client.jobs.post(NEW_CUSTOMER);
    expect([other.job.id === job.id, other.replayed]).toEqual([false, false]);
  });

  it('what must not be done twice is sent once', async () => {
    const { calls, send } = losing(1);
    const client = clientOf({ fetch: send, chance: () => 0 });
    await expect(client.containers.add({ label: 'Once', region: 'north', capacity: 1 })).rejects.toThrow(
      UnreachableError,
    );
    expect(calls).toHaveLength(1);
    const north = (await allOf(client.containers.list())).filter(({ region }) => region === 'north');
    expect(north).toHaveLength(1);
  });

  it('a wait for the end answers the job ended, and a plan changes nothing', async () => {
    const client = clientOf();
    const plan = await client.jobs.plan({ type: 'customer.provision', payload: { ...FULL, retention: { sms: 365 } } });
    expect(plan).toMatchObject({ container: { id: '100001' }, fees: [{ code: 'retention-sms' }] });
    const { job } = await client.jobs.post(NEW_CUSTOMER, { waitSeconds: 30 });
    expect(job.state).toBe('completed');
    expect(await client.jobs.ended(job.id)).toEqual(job);
    expect(await client.customers.get(job.customerId)).toMatchObject({ serviceStatus: 'active' });
  });

  it('a held job is watched through its hold to its end', async () => {
    const client = clientOf();
    const { job } = await client.jobs.post({ type: 'customer.provision', payload: { ...FULL, region: 'east' } });
    const states: JobState[] = [];
    for await (const seen of client.jobs.watch(job.id)) {
      states.push(seen.state);
      if (seen.state === 'held') await client.containers.add({ label: 'East', region: 'east', capacity: 1 });
    }
    expect(states).toContain('held');
    expect([states.at(-1), hasEnded(await client.jobs.get(job.id))]).toEqual(['completed', true]);
  });
});

it('the program that the README shows runs as it stands, and follows its job to the end', async () => {
  const [, code] = /```ts\n(.*?)```/s.exec(await readFile(new URL('README.md', ROOT), 'utf8')) ?? [];
  const here = (code ?? '').replace('http://127.0.0.1:4000', url);
  const env = { ...INHERITED, QVARA_API_KEY: api.key };
  const args = ['--input-type=module-typescript', '-e', here];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: new URL('test/', ROOT) });
  expect(
    stdout
      .trim()
      .split('\n')
      .findLast((line) => /^\w/.test(line)),
  ).toMatch(/^completed/);
});

describe('lists', () => {
  it('are read page by page to their end, and no further than they are wanted', async () => {
    const other = await stack.client(['jobs:read', 'jobs:write']);
    const { calls, send } = losing(0);
    const client = clientOf({ key: other.key, fetch: send });
    const posted: string[] = [];
    for (let n = 0; n < 5; n += 1) posted.unshift((await client.jobs.post(NEW_CUSTOMER)).job.id);
    calls.length = 0;
    const listed = await allOf(client.jobs.list({ type: 'customer.provision', limit: 2 }));
    expect(listed.map(({ id }) => id)).toEqual(posted);
    expect(calls).toHaveLength(3);
    for await (const job of client.jobs.list({ limit: 2 })) if (job.id === posted[1]) break;
    expect(calls).toHaveLength(4);
    const page = await client.jobs.page({ limit: 2 });
    const next = await client.jobs.page({ limit: 2, cursor: page.next ?? '' });
    expect([...page.items, ...next.items].map(({ id }) => id)).toEqual(posted.slice(0, 4));
  });
});

describe('errors', () => {
  it('carry the problem document: code, places, remedies', async () => {
    const payload = { ...FULL, serviceType: 'Not a code', externalRef: ' x' };
    const refused = await clientOf()
      .jobs.post({ type: 'customer.provision', payload })
      .catch((error) => error);
    expect(refused).toBeInstanceOf(ProblemError);
    expect(refused).toMatchObject({ status: 422, code: 'invalid-request', remedy: expect.stringMatching(/Correct/) });
    const pointers = (refused as ProblemError).errors.map(({ pointer }) => pointer);
    expect(pointers).toEqual(['/payload/serviceType', '/payload/externalRef']);
  });

  it('tell apart who is refused, who is not there and who is somebody else, and never tell the key', async () => {
    const closed = clientOf({ url: 'http://127.0.0.1:9', retry: { attempts: 2, baseMs: 1 } });
    const stranger = clientOf({ url: `${url}/elsewhere/` });
    const revoked = clientOf({ key: `qk_${'x'.repeat(43)}` });
    const errors = await Promise.all(
      [closed.jobs.page(), stranger.service.openapi(), revoked.jobs.page()].map((call) => call.catch((error) => error)),
    );
    expect(errors.map(({ name }) => name)).toEqual(['UnreachableError', 'ProblemError', 'ProblemError']);
    expect(errors[2]).toMatchObject({ status: 401, code: 'unauthenticated' });
    const html = clientOf({ fetch: async () => new Response('<html>', { status: 200 }) });
    await expect(html.jobs.page()).rejects.toThrow(StrangeAnswerError);
    const moved = clientOf({
      fetch: async () => new Response('', { status: 301, headers: { location: 'https://x/' } }),
    });
    await expect(moved.jobs.page()).rejects.toThrow(/301.*https:\/\/x\//);
    expect(() => clientOf({ key: 'qk_secret' })).toThrow(/^The key must be qk_ and 43 characters\.$/);
    for (const error of errors)
      expect(JSON.stringify([error, error.message, String(error.cause)])).not.toMatch(/qk_[\w-]{9}/);
  });

  it('a call that is aborted rejects at once with the reason', async () => {
    const client = clientOf();
    const { job } = await client.jobs.post({ type: 'customer.provision', payload: { ...FULL, region: 'nowhere' } });
    const over = new AbortController();
    const waiting = client.jobs.ended(job.id, { signal: over.signal });
    const following = allOf(client.events.follow({}, { signal: over.signal }));
    const reason = new Error('no longer wanted');
    setTimeout(() => over.abort(reason), 300);
    await expect(waiting).rejects.toBe(reason);
    await expect(following).rejects.toBe(reason);
    await client.jobs.cancel(job.id);
  });

  it('fields that are added to an answer break nobody', async () => {
    const adding: typeof fetch = async (target, init) => {
      const answer = await fetch(target, init);
      return Response.json({ ...((await answer.json()) as object), addedLater: { a: 1 } }, answer);
    };
    const { job } = await clientOf({ fetch: adding }).jobs.post(NEW_CUSTOMER);
    expect(job).toMatchObject({ type: 'customer.provision', addedLater: { a: 1 } });
  });
});

describe('events', () => {
  it('are followed without a gap while connections are cut or fall silent, and intake is killed and replaced', async () => {
    const client = clientOf({ silenceMs: 1_500, retry: { baseMs: 20, capMs: 200 } });
    const over = new AbortController();
    const seen: number[] = [];
    const following = (async () => {
      for await (const { data } of client.events.follow({}, { signal: over.signal })) seen.push(data.sequence);
    })();
    const faults = [() => way.cut(), () => void way.halfOpen(), replaceIntake, () => way.cut()];
    for (const fault of faults) {
      const before = seen.length;
      const { job } = await straight().jobs.post(NEW_CUSTOMER);
      await eventually(() => seen.length > before);
      await fault();
      await straight().jobs.ended(job.id);
    }
    const last = await straight().events.newest();
    await eventually(() => seen.at(-1) === last, { deadlineMs: 20_000, describe: () => `${last}; at ${seen.at(-1)}` });
    over.abort();
    await expect(following).rejects.toThrow();
    expect(seen).toEqual(Array.from({ length: last }, (_, n) => n + 1));
  });

  it('are read as pages to where the log ends, all or of one job', async () => {
    const client = clientOf();
    const { job } = await client.jobs.post(NEW_CUSTOMER, { waitSeconds: 30 });
    const last = await client.events.newest();
    const all = await allOf(client.events.list({}));
    expect(all.map(({ data }) => data.sequence)).toEqual(Array.from({ length: last }, (_, n) => n + 1));
    const own = await allOf(client.jobs.events(job.id).list({ type: ['job.accepted', 'job.completed'] }));
    expect(own.map(({ type }) => type)).toEqual(['qvara.job.accepted.v1', 'qvara.job.completed.v1']);
  });

  it('a stream that is refused says so and does not go on trying', async () => {
    const { calls, send } = losing(0);
    const client = clientOf({ fetch: send });
    const unknown = client.jobs.events('job_00000000000000000000000000').follow({});
    await expect(unknown.next()).rejects.toMatchObject({ status: 404 });
    expect(calls).toHaveLength(1);
  });
});

async function allOf<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** A client that asks the living intake straight. */
function straight(): Client {
  return clientOf({ url: stack.intakes[0]?.url ?? '' });
}

async function replaceIntake(): Promise<void> {
  const [old] = stack.intakes.splice(0, 1);
  await old?.kill();
  await stack.startIntake();
}
