import {
  activate,
  BETA,
  callFor,
  codesOf,
  OK,
  observe,
  type Proofs,
  settingsWith,
  unhurried,
} from './conformance-world.ts';

/** What keeps a run that was given up, and another customer, from a tenant. */
export const FENCING: Proofs = {
  "another customer's living tenant is neither created over, configured, switched nor removed": async (world) => {
    const { driver, expect } = world;
    await activate(world, 1);
    const before = await observe(world, 1);
    const call = { ...callFor(world, 1, 2), customerId: BETA };
    const outcomes = [
      ...(await driver.ensureTenants([call], unhurried())),
      ...(await driver.configureTenants([{ ...call, settings: settingsWith(365), retroactive: false }], unhurried())),
      ...(await driver.setService([{ ...call, service: 'suspended' }], unhurried())),
      ...(await driver.removeTenants([call], unhurried())),
    ];
    expect(codesOf(outcomes)).toEqual(Array(4).fill('tenant-mismatch'));
    expect(await observe(world, 1)).toEqual(before);
  },

  'a refused call does not count as a claim': async (world) => {
    await activate(world, 1);
    await world.driver.removeTenants([{ ...callFor(world, 1, 9), customerId: BETA }], unhurried());
    const call = { ...callFor(world, 1, 2), service: 'suspended' as const };
    world.expect(await world.driver.setService([call], unhurried())).toEqual([OK]);
  },

  "another customer may have a removed tenant's number": async (world) => {
    const { driver, expect } = world;
    await activate(world, 1);
    expect(await driver.removeTenants([callFor(world, 1, 2)], unhurried())).toEqual([OK]);
    expect(await driver.ensureTenants([{ ...callFor(world, 1, 3), customerId: BETA }], unhurried())).toEqual([OK]);
    expect((await observe(world, 1))?.customerId).toEqual(BETA);
  },
};

/** For drivers that say they fence: an older claim is refused, also by what was removed. */
export const CLAIMS: Proofs = {
  'an older claim is refused by a living tenant': async (world) => {
    const { driver, expect } = world;
    await activate(world, 1);
    expect(await driver.setService([{ ...callFor(world, 1, 5), service: 'active' }], unhurried())).toEqual([OK]);
    const before = await observe(world, 1);
    const late = callFor(world, 1, 4);
    const outcomes = [
      ...(await driver.ensureTenants([late], unhurried())),
      ...(await driver.configureTenants([{ ...late, settings: settingsWith(365), retroactive: false }], unhurried())),
      ...(await driver.setService([{ ...late, service: 'suspended' }], unhurried())),
      ...(await driver.removeTenants([late], unhurried())),
    ];
    expect(codesOf(outcomes)).toEqual(Array(4).fill('stale-claim'));
    expect(await observe(world, 1)).toEqual(before);
  },

  "a zombie's late calls do not bring back what was removed": async (world) => {
    const { driver, expect } = world;
    await activate(world, 1);
    expect(await driver.removeTenants([callFor(world, 1, 2)], unhurried())).toEqual([OK]);
    const zombie = callFor(world, 1, 1);
    const created = await driver.ensureTenants([zombie], unhurried());
    const switched = await driver.setService([{ ...zombie, service: 'active' }], unhurried());
    expect(codesOf([...created, ...switched])).toEqual(['stale-claim', 'stale-claim']);
    expect(await observe(world, 1)).toEqual(null);
  },

  'a removal is remembered of a tenant that never was, so its late create is refused': async (world) => {
    const { driver, expect } = world;
    expect(await driver.removeTenants([callFor(world, 1, 2)], unhurried())).toEqual([OK]);
    expect(codesOf(await driver.ensureTenants([callFor(world, 1, 1)], unhurried()))).toEqual(['stale-claim']);
    expect(codesOf(await driver.ensureTenants([callFor(world, 1, 2)], unhurried()))).toEqual(['stale-claim']);
    expect(await observe(world, 1)).toEqual(null);
    expect(await driver.ensureTenants([callFor(world, 1, 3)], unhurried())).toEqual([OK]);
  },
};
