import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { describeDriver } from './conformance.ts';
import { callFor, codesOf, OK, settingsWith, unhurried } from './conformance-world.ts';
import { createSandbox } from './sandbox.ts';
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

describeDriver(
  'sandbox',
  async () => {
    const driver = createSandbox({ databaseUrl: database.sandboxUrl });
    return { driver, containerId: probe.newWorld().containerId, close: () => driver.close() };
  },
  { describe, it, expect },
);

describe('the journal of the sandbox', () => {
  it('a second delivery is a call and no effect', async () => {
    const world = probe.newWorld();
    const call = callFor(world, 1, 1);
    const deliver = async () => [
      ...(await probe.driver.ensureTenants([call], unhurried())),
      ...(await probe.driver.configureTenants(
        [{ ...call, settings: settingsWith(30), retroactive: true }],
        unhurried(),
      )),
      ...(await probe.driver.setService([{ ...call, service: 'active' }], unhurried())),
    ];
    expect([...(await deliver()), ...(await deliver())]).toEqual(Array(6).fill(OK));
    const removals = [
      await probe.driver.removeTenants([call], unhurried()),
      await probe.driver.removeTenants([call], unhurried()),
    ];
    expect(removals).toEqual([[OK], [OK]]);
    expect(await probe.effectsIn(world)).toEqual([
      ['created', null],
      ['configured', 'retroactive'],
      ['service', 'active'],
      ['removed', null],
    ]);
    expect(await probe.callsIn(world)).toHaveLength(8);
  });

  it('two deliveries at the same time make one effect', async () => {
    const world = probe.newWorld();
    const calls = Array.from({ length: 20 }, () => probe.driver.ensureTenants([callFor(world, 1, 1)], unhurried()));
    expect((await Promise.all(calls)).flat()).toEqual(Array(20).fill(OK));
    expect(await probe.effectsIn(world)).toEqual([['created', null]]);
  });

  it('two deliveries in one batch make one effect', async () => {
    const world = probe.newWorld();
    const call = callFor(world, 1, 1);
    expect(await probe.driver.ensureTenants([call, call], unhurried())).toEqual([OK, OK]);
    expect(await probe.effectsIn(world)).toEqual([['created', null]]);
  });

  it('a refused call is in the journal with its code, who asked and when', async () => {
    const world = probe.newWorld();
    const { claimNo, jobId, customerId, ...key } = callFor(world, 1, 1);
    await probe.driver.setService([{ claimNo, jobId, customerId, ...key, service: 'active' }], unhurried());
    const { rows } = await probe.pool.query('select * from calls where container_id = $1', [world.containerId]);
    expect(rows).toMatchObject([{ verb: 'setService', number: 1, outcome: 'tenant-mismatch', at: expect.any(Date) }]);
    expect([rows[0].claim_no, rows[0].job_id, rows[0].customer_id]).toEqual([String(claimNo), jobId, customerId]);
    expect(await probe.effectsIn(world)).toEqual([]);
  });

  it('an item that the database refuses is broken, and its batch is committed without it', async () => {
    const world = probe.newWorld();
    const calls = Array.from({ length: 9 }, (_, index) => callFor(world, index + 1, 1));
    const poisoned = calls.map((call, index) => (index === 6 ? { ...call, jobId: 'job_\u0000' } : call));
    const codes = codesOf(await probe.driver.ensureTenants(poisoned, unhurried()));
    expect(codes).toEqual(calls.map((_, index) => (index === 6 ? 'platform-broken' : null)));
    expect(await probe.effectsIn(world)).toHaveLength(8);
  });

  it('a batch is one transaction', async () => {
    const world = probe.newWorld();
    const calls = Array.from({ length: 50 }, (_, index) => callFor(world, index + 1, 1));
    await probe.driver.ensureTenants(calls, unhurried());
    const { rows } = await probe.pool.query(
      'select count(distinct t.xmin::text)::integer as tenants, (select count(distinct xmin::text)::integer from effects e where e.container_id = $1) as effects from tenants t where container_id = $1',
      [world.containerId],
    );
    expect(rows).toEqual([{ tenants: 1, effects: 1 }]);
  });
});
