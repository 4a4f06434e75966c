import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';
import { openStream } from '../support/streams.ts';

const RESUMES = 200;
const IDLE = 1_000;
const KEYS = 11;
const QUIET_MS = 3_000;
/** Transactions of other processes come and go meanwhile. */
const MORE = 20;

describe.each(backendsFor('streams'))(`streams of events, queues in %s (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;
  let urls: readonly string[];

  beforeAll(async () => {
    stack = await startStack({ backend, intakes: 2 });
    urls = stack.intakes.map(({ url }) => url);
    api = await stack.client();
    await addContainers(api, [{ id: '100001', capacity: 900 }]);
  });
  afterAll(async () => {
    await stack?.stop();
  });

  const lastNumber = async () => {
    const { rows } = await stack.ledger.pool.query<{ last: number }>('select last_event()::int as last');
    return rows[0]?.last ?? 0;
  };
  const numbersTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

  it('a reader that connects, drops and resumes at random sees every number once, in order, at whatever intake', async () => {
    const seen: number[] = [];
    const jobs: Promise<unknown>[] = [];
    for (let n = 0; n < RESUMES; n += 1) {
      if (n % 4 === 0) jobs.push(api.post(provisioning()).then(({ id }) => api.ended(id, 60_000)));
      const url = urls[Math.floor(Math.random() * urls.length)] as string;
      const stream = await openStream(url, api.key, { lastEventId: seen.at(-1) });
      const wanted = Math.floor(Math.random() * 12);
      for (let taken = 0; taken < wanted; taken += 1) {
        const event = await stream.next(300);
        if (event === null) break;
        seen.push(event.data.sequence);
      }
      stream.close();
    }
    await Promise.all(jobs);
    const last = await lastNumber();
    const rest = await openStream(urls[0] as string, api.key, { lastEventId: seen.at(-1) });
    while (seen.at(-1) !== last) seen.push((await rest.next(20_000))?.data.sequence ?? -1);
    rest.close();
    expect(seen).toEqual(numbersTo(last));
  });

  it('who reads slowly falls behind what is held in memory, and sees everything all the same', async () => {
    const before = await lastNumber();
    const stream = await openStream(urls[1] as string, api.key, { lastEventId: before });
    await stack.ledger.pool.query(
      `select append_events(jsonb_agg(jsonb_build_object('client_id', $1::text, 'common', '{}'::jsonb, 'told',
         (select jsonb_agg(jsonb_build_object('name', 'customer.activated', 'filling', repeat('x', 500))) from generate_series(1, 100)))))
       from generate_series(1, 300)`,
      [api.clientId],
    );
    const seen: number[] = [];
    while (seen.at(-1) !== before + 30_000) {
      const event = await stream.next(20_000);
      if (event === null) break;
      seen.push(event.data.sequence);
      if (seen.length % 10_000 === 1) await new Promise((resolve) => setTimeout(resolve, 500));
    }
    stream.close();
    expect(seen).toEqual(Array.from({ length: 30_000 }, (_, n) => before + 1 + n));
  });

  it('shows a client what is its own and no more, of the types and the job asked for', async () => {
    const other = await stack.client(['jobs:read', 'jobs:write']);
    const from = await lastNumber();
    const [mine, all, ends] = await Promise.all([
      openStream(urls[0] as string, other.key, { lastEventId: from }),
      openStream(urls[1] as string, api.key, { lastEventId: from }),
      openStream(urls[0] as string, other.key, { lastEventId: from, query: 'type=job.completed' }),
    ]);
    const foreign = await api.post(provisioning());
    const own = await other.post(provisioning());
    await Promise.all([api.ended(foreign.id), other.ended(own.id)]);
    const jobOf = async (stream: typeof mine) => {
      const jobs = new Set<string | null>();
      for (let event = await stream.next(2_000); event !== null; event = await stream.next(2_000))
        jobs.add(event.data.jobId);
      return jobs;
    };
    expect(await jobOf(mine)).toEqual(new Set([own.id]));
    expect(await jobOf(all)).toEqual(new Set([own.id, foreign.id]));
    expect((await ends.next(2_000))?.type).toBe('qvara.job.completed.v1');
    expect(await ends.next(1_000)).toBeNull();
    const ofJob = await openStream(urls[1] as string, other.key, { path: `/v1/jobs/${own.id}/events` });
    expect((await ofJob.next(5_000))?.type).toBe('qvara.job.accepted.v1');
    const [status] = await refused(`${urls[1]}/v1/jobs/${foreign.id}/events`, other.key);
    expect(status).toBe(404);
    for (const stream of [mine, all, ends, ofJob]) stream.close();
  });

  it('ends the streams of a revoked key', async () => {
    const other = await stack.client(['jobs:read']);
    const stream = await openStream(urls[0] as string, other.key, { lastEventId: await lastNumber() });
    await stack.ledger.pool.query('update api_keys set revoked_at = now() where client_id = $1', [other.clientId]);
    await eventually(() => stream.ended, { describe: 'the stream to end' });
  });

  it('a thousand idle streams ask the ledger no more than one does, and all hear of the next event', async () => {
    const clients = await Promise.all(Array.from({ length: KEYS }, () => stack.client()));
    const from = await lastNumber();
    const url = urls[0] as string;
    const open = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => openStream(url, (clients[n % KEYS] as Api).key, { lastEventId: from })),
      );
    const [one] = await open(1);
    const few = await transactionsIn(stack, QUIET_MS);
    const streams = await open(IDLE - 1);
    // What the opening of them took is still being told by connections that counted it.
    await eventually(async () => (await transactionsIn(stack, QUIET_MS)) < few + MORE, {
      deadlineMs: 60_000,
      describe: () => `fewer than ${few + MORE} transactions`,
    });
    const { id } = await api.post(provisioning());
    const first = await Promise.all([one, ...streams].map((stream) => stream?.next(30_000)));
    expect(new Set(first.map((event) => event?.data.jobId))).toEqual(new Set([id]));
    for (const stream of [one, ...streams]) stream?.close();
  });

  it('refuses a place that is no number, and more streams than a key may have', async () => {
    const [status, problem] = await refused(`${urls[0]}/v1/events`, api.key, { 'last-event-id': 'x' });
    expect([status, problem.errors?.[0]?.header]).toEqual([400, 'Last-Event-ID']);
    const other = await stack.client(['jobs:read']);
    const streams = await Promise.all(
      Array.from({ length: 100 }, () => openStream(urls[0] as string, other.key, { query: 'after=999999999' })),
    );
    const [many, words] = await refused(`${urls[0]}/v1/events`, other.key);
    expect([many, words.code]).toEqual([429, 'too-many-streams']);
    for (const stream of streams) stream.close();
    await eventually(
      async () => (await openStream(urls[0] as string, other.key, {}).catch(() => null))?.close() !== null,
      { describe: 'a place to become free' },
    );
  });

  it('says that its place has expired before it begins', async () => {
    await stack.ledger.pool.query('delete from event_entries where last <= 40');
    const [status, problem] = await refused(`${urls[0]}/v1/events?after=3`, api.key);
    expect([status, problem.code]).toEqual([410, 'events-expired']);
  });
});

async function refused(url: string, key: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${key}`, ...headers },
  });
  const body = (await answer.json()) as { code?: string; errors?: { header?: string }[] };
  return [answer.status, body] as const;
}

/** Transactions of the whole database in so many milliseconds. */
async function transactionsIn(stack: Stack, ms: number): Promise<number> {
  const read = async () => {
    await stack.ledger.pool.query('select pg_stat_force_next_flush()');
    const { rows } = await stack.ledger.pool.query(
      'select xact_commit::int as n from pg_stat_database where datname = current_database()',
    );
    return rows[0].n as number;
  };
  const before = await read();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return (await read()) - before;
}
