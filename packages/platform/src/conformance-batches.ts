import {
  BETA,
  callFor,
  codesOf,
  OK,
  observe,
  type Proofs,
  settingsWith,
  unhurried,
  type World,
} from './conformance-world.ts';

const BATCH = 300;

/** What holds for the array as a whole. */
export const BATCHES: Proofs = {
  'no items, no answers': async ({ driver, expect }) => {
    const answers = await Promise.all([
      driver.ensureTenants([], unhurried()),
      driver.configureTenants([], unhurried()),
      driver.setService([], unhurried()),
      driver.observeTenants([], unhurried()),
      driver.removeTenants([], unhurried()),
    ]);
    expect(answers).toEqual([[], [], [], [], []]);
  },

  'answers come in the order of the items, whatever that order is': async (world) => {
    const calls = [7, 2, 9, 4].map((n) => callFor(world, n, 1));
    await world.driver.ensureTenants(calls, unhurried());
    const keys = [9, 3, 2, 7, 9].map((n) => callFor(world, n, 1));
    const observed = await world.driver.observeTenants(keys, unhurried());
    const domains = observed.map((outcome) => (outcome.ok ? (outcome.value?.domain ?? null) : 'fault'));
    world.expect(domains).toEqual(keys.map((key) => (key.number === '003' ? null : key.domain)));
  },

  'an item that fails leaves its neighbours alone': async (world) => {
    const { driver, expect } = world;
    await driver.ensureTenants([{ ...callFor(world, 2, 1), customerId: BETA }], unhurried());
    const calls = [1, 2, 3].map((n) => callFor(world, n, 2));
    expect(codesOf(await driver.ensureTenants(calls, unhurried()))).toEqual([null, 'tenant-mismatch', null]);
    expect([await observe(world, 1), await observe(world, 3)].map((tenant) => tenant !== null)).toEqual([true, true]);
  },

  'an item that no platform can hold leaves its neighbours alone': async (world) => {
    const { driver, expect } = world;
    const [first, second, third, fourth] = [
      callFor(world, 1, 1),
      callFor(world, 2, 1),
      callFor(world, 3, 1),
      callFor(world, 4, 1),
    ];
    const calls = [first, { ...second, number: '000' }, { ...third, containerId: 'nowhere' }, fourth];
    expect(codesOf(await driver.ensureTenants(calls, unhurried()))).toEqual([
      null,
      'platform-broken',
      'platform-broken',
      null,
    ]);
    expect((await observe(world, 4))?.domain).toEqual(fourth.domain);
  },

  'calls for one tenant in one batch follow each other': async (world) => {
    const call = callFor(world, 1, 1);
    world.expect(await world.driver.ensureTenants([call, call], unhurried())).toEqual([OK, OK]);
    const services = (['active', 'inactive', 'suspended'] as const).map((service) => ({ ...call, service }));
    world.expect(await world.driver.setService(services, unhurried())).toEqual([OK, OK, OK]);
    world.expect((await observe(world, 1))?.service).toEqual('suspended');
  },

  'an aborted signal is answered, not thrown, and nothing is begun': async (world) => {
    const { driver, expect } = world;
    const call = callFor(world, 1, 1);
    const outcomes = await Promise.all([
      driver.ensureTenants([call], AbortSignal.abort()),
      driver.configureTenants([{ ...call, settings: settingsWith(30), retroactive: false }], AbortSignal.abort()),
      driver.setService([{ ...call, service: 'active' }], AbortSignal.abort()),
      driver.observeTenants([call], AbortSignal.abort()),
      driver.removeTenants([call], AbortSignal.abort()),
    ]);
    expect(codesOf(outcomes.flat())).toEqual(Array(5).fill('platform-unavailable'));
    expect(await observe(world, 1)).toEqual(null);
  },

  [`${BATCH} tenants go through their whole life in one batch for each verb`]: async (world) => {
    const { driver, expect } = world;
    const calls = Array.from({ length: BATCH }, (_, index) => callFor(world, BATCH - index, 1));
    const done = calls.map(() => OK);
    expect(await driver.ensureTenants(calls, unhurried())).toEqual(done);
    const configured = calls.map((call) => ({
      ...call,
      settings: settingsWith(Number(call.number)),
      retroactive: false,
    }));
    expect(await driver.configureTenants(configured, unhurried())).toEqual(done);
    expect(
      await driver.setService(
        calls.map((call) => ({ ...call, service: 'active' })),
        unhurried(),
      ),
    ).toEqual(done);
    expect(await faxDays(world, calls)).toEqual(calls.map((call) => Number(call.number)));
    expect(await driver.removeTenants(calls, unhurried())).toEqual(done);
    expect(await faxDays(world, calls)).toEqual(calls.map(() => null));
  },
};

async function faxDays({ driver }: World, keys: Parameters<World['driver']['observeTenants']>[0]) {
  const outcomes = await driver.observeTenants(keys, unhurried());
  return outcomes.map((outcome) => (outcome.ok ? (outcome.value?.settings?.retention.fax ?? null) : 'fault'));
}
