import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { cancelJob } from './control.ts';
import { createFollower } from './follower.ts';
import { accepted, addRoom, openProcess, type Process, provision } from './test-ledger.ts';
import { runJob } from './test-run.ts';

let database: TestDatabase;
let one: Process;
let observer: Process;

beforeAll(async () => {
  database = await createTestDatabase();
  [one, observer] = [await openProcess(database.url), await openProcess(database.url)];
});
afterAll(async () => {
  await one.close();
  await observer.close();
  await database.drop();
});

/** Ends every connection but the observer's own. */
const killAll = () =>
  observer.rows(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
  );

it('requests that meet killed connections, idle or at work, are accepted once all the same', async () => {
  const items = Array.from({ length: 200 }, () => provision());
  const answers = items.map(async (item, index) => {
    await eventually(() => index < 50 || killed);
    return await one.accept(item).then(
      ({ outcome }) => outcome,
      (error: { code: string }) => error.code,
    );
  });
  let killed = false;
  await killAll();
  killed = true;
  for (let n = 0; n < 5; n += 1) await killAll();
  const outcomes = await Promise.all(answers);
  expect(outcomes.filter((outcome) => outcome !== 'accepted' && outcome !== 'unavailable')).toEqual([]);
  const [row] = await observer.rows<{ n: number; keys: number }>(
    'select count(*)::int as n, count(distinct customer_id)::int as keys from jobs where id = any($1)',
    [items.map(({ jobId }) => jobId)],
  );
  expect(row!.n).toBeGreaterThanOrEqual(outcomes.filter((outcome) => outcome === 'accepted').length);
  expect(row!.keys).toBe(row!.n);
  await accepted(one, provision());
});

it('a database that is gone makes requests unavailable, and they go on when it is back', async () => {
  const way = await openWay(database.url);
  const process = await openProcess(way.url);
  await accepted(process, provision());
  way.cut();
  await expect(process.accept(provision())).rejects.toMatchObject({ code: 'unavailable' });
  way.mend();
  await accepted(process, provision());
  await process.close();
  await way.close();
});

it('a connection that is half open holds requests up for seconds, not for ever', async () => {
  const way = await openWay(database.url);
  const process = await openProcess(way.url, { poolSize: 1 });
  await accepted(process, provision());
  way.freeze();
  const started = performance.now();
  const answer = process.accept(provision()).then(
    ({ outcome }) => outcome,
    (error: { code: string }) => error.code,
  );
  expect(await answer).toBe('unavailable');
  expect(performance.now() - started).toBeLessThan(16_000);
  way.mend();
  await accepted(process, provision());
  await process.close();
  await way.close();
});

it('a table that gets another column beneath a running process is used on, and no request fails for it', async () => {
  await addRoom(one, 50);
  for (let n = 0; n < 3; n += 1) await runJob(one, (await accepted(one, provision())).id);
  await observer.rows('alter table jobs add column later integer');
  const jobs = await Promise.all(Array.from({ length: 20 }, () => accepted(one, provision())));
  for (const { id } of jobs) expect((await runJob(one, id)).job.state).toBe('completed');
});

it('a closed ledger answers unavailable', async () => {
  const process = await openProcess(database.url);
  await process.close();
  await expect(process.accept(provision())).rejects.toMatchObject({ code: 'unavailable' });
});

it('a connection that begins to wait carries no other past the end it waits for', async () => {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const pool = {
    async query(query: never) {
      asked += 1;
      if (asked === 2) await gate.promise;
      return await one.ledger.pool.query(query);
    },
  };
  const follower = createFollower({ ...one.ledger, pool: pool as never }, database.url);
  const [first, second] = [await accepted(one, provision()), await accepted(one, provision())];
  const signal = AbortSignal.timeout(6_000);
  const waits = [first, second].map(({ id }) => follower.waitForEnd(id, signal, async () => false));
  await eventually(() => asked >= 3, { describe: 'the first one waits' });
  await cancelJob(one.ledger, one.announce, { jobId: first.id, viewer: { clientId: 'cli_test', admin: false } });
  gate.resolve();
  await waits[0];
  expect(signal.aborted).toBe(false);
  await follower.close();
});

/** A way to the database that can be cut, or frozen so that nothing passes and nobody is told. */
async function openWay(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'frozen' = 'open';
  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy();
    const far = new (near.constructor as new () => Socket)();
    far.connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (piece) => state !== 'frozen' && to.write(piece));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  const drop = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: url.href,
    cut() {
      state = 'cut';
      drop();
    },
    freeze() {
      state = 'frozen';
    },
    mend() {
      state = 'open';
      drop();
    },
    async close() {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
