import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { callFor, codesOf, OK, unhurried } from './conformance-world.ts';
import { createSandbox } from './sandbox.ts';
import { openProbe, type Probe } from './sandbox-probe.ts';
import { clearFaults } from './sandbox-scripts.ts';

let database: TestDatabase;
let probe: Probe;

beforeAll(async () => {
  database = await createTestDatabase();
  probe = openProbe(database.sandboxUrl, expect);
});

afterAll(async () => {
  await probe.close();
  await database.drop();
});

describe('scripted faults', () => {
  it('fails a number of times, without doing anything, and says when to come back', async () => {
    const world = probe.newWorld();
    const calls = [1, 2, 3].map((n) => callFor(world, n, 1));
    const behaviour = { behaviour: 'fail', code: 'platform-not-ready', retryAfterMs: 250 } as const;
    await probe.script(world, { verb: 'ensureTenants', times: 2, ...behaviour });
    const fault = { code: 'platform-not-ready', message: 'The sandbox was told to fail.', retryAfterMs: 250 };
    expect(await probe.driver.ensureTenants(calls, unhurried())).toEqual([
      { ok: false, fault },
      { ok: false, fault },
      OK,
    ]);
    expect(await probe.effectsIn(world)).toHaveLength(1);
    expect((await probe.driver.observeTenants(calls, unhurried())).slice(0, 2)).toEqual([OK, OK]);
    expect(await probe.callsIn(world)).toEqual([
      ['ensureTenants', 'platform-not-ready'],
      ['ensureTenants', 'platform-not-ready'],
      ['ensureTenants', 'ok'],
    ]);
    expect(await probe.driver.ensureTenants(calls, unhurried())).toEqual([OK, OK, OK]);
  });

  it('fails for ever, until it is cleared, and only in its container', async () => {
    const [world, other] = [probe.newWorld(), probe.newWorld()];
    await probe.script(world, { verb: 'any', times: null, behaviour: 'fail', code: 'platform-broken' });
    const calls = [callFor(world, 1, 1), callFor(other, 1, 1)];
    for (const _ of [1, 2, 3]) {
      expect(codesOf(await probe.driver.ensureTenants(calls, unhurried()))).toEqual(['platform-broken', null]);
      expect(codesOf(await probe.driver.observeTenants(calls, unhurried()))).toEqual(['platform-broken', null]);
    }
    await clearFaults(database.sandboxUrl, world.containerId);
    expect(await probe.driver.ensureTenants(calls, unhurried())).toEqual([OK, OK]);
  });

  it('leaves other verbs alone', async () => {
    const world = probe.newWorld();
    await probe.script(world, { verb: 'removeTenants', times: null, behaviour: 'fail', code: 'platform-broken' });
    expect(await probe.driver.ensureTenants([callFor(world, 1, 1)], unhurried())).toEqual([OK]);
  });

  it('does the work and then does not answer: the repeat makes no second effect', async () => {
    const world = probe.newWorld();
    await probe.script(world, { verb: 'ensureTenants', times: 1, behaviour: 'after' });
    const call = callFor(world, 1, 1);
    expect(codesOf(await probe.driver.ensureTenants([call], unhurried()))).toEqual(['platform-unavailable']);
    expect(await probe.effectsIn(world)).toEqual([['created', null]]);
    expect(await probe.driver.ensureTenants([call], unhurried())).toEqual([OK]);
    expect(await probe.effectsIn(world)).toEqual([['created', null]]);
  });

  it('plays several scripts one after the other', async () => {
    const world = probe.newWorld();
    await probe.script(world, { verb: 'any', times: 2, behaviour: 'fail', code: 'platform-not-ready' });
    await probe.script(world, { verb: 'any', times: 1, behaviour: 'after' });
    const [first, ...others] = [1, 2, 3, 4].map((n) => callFor(world, n, 1));
    expect(codesOf(await probe.driver.ensureTenants([first!], unhurried()))).toEqual(['platform-not-ready']);
    const codes = ['platform-not-ready', 'platform-unavailable', null];
    expect(codesOf(await probe.driver.ensureTenants(others, unhurried()))).toEqual(codes);
  });

  it('is counted exactly however many ask at once', async () => {
    const world = probe.newWorld();
    await probe.script(world, { verb: 'any', times: 33, behaviour: 'fail', code: 'platform-not-ready' });
    const second = createSandbox({ databaseUrl: database.sandboxUrl });
    const batches = Array.from({ length: 20 }, (_, b) => [1, 2, 3, 4, 5].map((n) => callFor(world, b * 5 + n, 1)));
    const outcomes = await Promise.all(
      batches.map((batch, b) => (b % 2 ? probe.driver : second).ensureTenants(batch, unhurried())),
    );
    await second.close();
    expect(codesOf(outcomes.flat()).filter((code) => code !== null)).toHaveLength(33);
  });
});

describe('scripted latency', () => {
  it("a slow container's items wait without a transaction, and the others are done meanwhile", async () => {
    const [slow, quick] = [probe.newWorld(), probe.newWorld()];
    await probe.script(slow, { verb: 'ensureTenants', times: null, behaviour: 'latency', latencyMs: 600_000 });
    const stop = new AbortController();
    const answer = probe.driver.ensureTenants([callFor(slow, 1, 1), callFor(quick, 1, 1)], stop.signal);
    await eventually(async () => (await probe.effectsIn(quick)).length === 1);
    const { rows } = await probe.pool.query(
      "select 1 from pg_stat_activity where datname = current_database() and application_name = 'qvara-sandbox' and state <> 'idle'",
    );
    expect(rows).toEqual([]);
    stop.abort();
    expect(codesOf(await answer)).toEqual(['platform-unavailable', null]);
    expect(await probe.effectsIn(slow)).toEqual([]);
  });

  it('a slow item is done in the end, and a fault may go with it', async () => {
    const world = probe.newWorld();
    await probe.script(world, { verb: 'any', times: 2, behaviour: 'latency', latencyMs: 60 });
    await probe.script(world, { verb: 'any', times: 1, behaviour: 'after' });
    const before = performance.now();
    const calls = [callFor(world, 1, 1), callFor(world, 2, 1)];
    expect(codesOf(await probe.driver.ensureTenants(calls, unhurried()))).toEqual(['platform-unavailable', null]);
    expect(performance.now() - before).toBeGreaterThan(55);
    expect(await probe.effectsIn(world)).toHaveLength(2);
  });
});
