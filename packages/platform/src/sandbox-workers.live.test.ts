import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { callFor, codesOf, OK, settingsWith, unhurried } from './conformance-world.ts';
import { createSandbox } from './sandbox.ts';
import { openPool, withConnection } from './sandbox-connection.ts';
import { openProbe, type Probe } from './sandbox-probe.ts';

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

const waiting =
  "select count(*)::integer as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

describe('several workers and a bad day', () => {
  it('batches over the same tenants in opposite orders do not deadlock', async () => {
    const world = probe.newWorld();
    const second = createSandbox({ databaseUrl: database.sandboxUrl });
    const upwards = Array.from({ length: 100 }, (_, index) => callFor(world, index + 1, 1));
    const downwards = upwards.toReversed();
    const rounds = Array.from({ length: 10 }, (_, round) =>
      [probe.driver, second].flatMap((sandbox, which) => {
        const calls = (which ? upwards : downwards).map((call) => ({ ...call, claimNo: call.claimNo + round }));
        const settings = settingsWith(round + 1);
        return [
          sandbox.ensureTenants(calls, unhurried()),
          sandbox.configureTenants(
            calls.map((call) => ({ ...call, settings, retroactive: false })),
            unhurried(),
          ),
          sandbox.setService(
            calls.map((call) => ({ ...call, service: 'active' as const })),
            unhurried(),
          ),
        ];
      }),
    );
    const codes = new Set(codesOf((await Promise.all(rounds.flat())).flat()));
    await second.close();
    expect([...codes].filter((code) => ![null, 'stale-claim', 'tenant-mismatch'].includes(code))).toEqual([]);
    const { rows } = await probe.pool.query(
      'select deadlocks::integer from pg_stat_database where datname = current_database()',
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
    expect((await probe.effectsIn(world)).filter(([effect]) => effect === 'created')).toHaveLength(100);
  });

  it('a batch that is chosen to end a deadlock is repeated', async () => {
    const world = probe.newWorld();
    const calls = [1, 2].map((n) => ({ ...callFor(world, n, 1), service: 'active' as const }));
    await probe.driver.ensureTenants(calls, unhurried());
    const holder = await probe.pool.connect();
    const lock = 'select 1 from tenants where container_id = $1 and number = $2 for update';
    await holder.query("begin; set local deadlock_timeout = '1min'");
    await holder.query(lock, [world.containerId, 2]);
    const answer = probe.driver.setService(calls, unhurried());
    await eventually(async () => (await probe.pool.query(waiting)).rows[0].n === 1);
    await holder.query(lock, [world.containerId, 1]);
    await holder.query('commit');
    holder.release();
    expect(await answer).toEqual([OK, OK]);
  });

  it('a signal ends a call that waits for the database, and nothing of it is done', async () => {
    const world = probe.newWorld();
    await probe.driver.ensureTenants([callFor(world, 1, 1)], unhurried());
    const holder = await probe.pool.connect();
    await holder.query('begin');
    await holder.query('select 1 from tenants where container_id = $1 for update', [world.containerId]);
    const stop = new AbortController();
    const answer = probe.driver.setService([{ ...callFor(world, 1, 1), service: 'active' }], stop.signal);
    await eventually(async () => (await probe.pool.query(waiting)).rows[0].n === 1);
    const abortedAt = performance.now();
    stop.abort();
    expect(codesOf(await answer)).toEqual(['platform-unavailable']);
    // Long before the server's own limit for a statement.
    expect(performance.now() - abortedAt).toBeLessThan(2_000);
    await holder.query('rollback');
    holder.release();
    expect(await probe.effectsIn(world)).toEqual([['created', null]]);
  });

  it('lost connections are unavailable, and the next call is well again', async () => {
    const world = probe.newWorld();
    await probe.driver.ensureTenants([callFor(world, 1, 1)], unhurried());
    const holder = await probe.pool.connect();
    await holder.query('begin');
    await holder.query('select 1 from tenants where container_id = $1 for update', [world.containerId]);
    const answer = probe.driver.setService([{ ...callFor(world, 1, 1), service: 'active' }], unhurried());
    const cut =
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await eventually(async () => (await probe.pool.query(cut)).rowCount === 1);
    expect(codesOf(await answer)).toEqual(['platform-unavailable']);
    await holder.query('rollback');
    holder.release();
    expect(await probe.driver.setService([{ ...callFor(world, 1, 1), service: 'active' }], unhurried())).toEqual([OK]);
  });

  it('a connection lost between two statements is an answer, not the end of the process', async () => {
    const pool = openPool(database.sandboxUrl, 1);
    const lost = withConnection({ pool, signal: unhurried() }, async (ask) => {
      const [own] = await ask<{ pid: number }>('select pg_backend_pid() as pid');
      await probe.pool.query('select pg_terminate_backend($1, 5000)', [own?.pid]);
      // The loss is heard a little later, and nothing tells when.
      await eventually(() =>
        ask('select 1').then(
          () => false,
          () => true,
        ),
      );
      await ask('select 1');
    });
    await expect(lost).rejects.toMatchObject({ name: 'SandboxError', reason: 'unavailable' });
    await pool.end();
  });
});
