import { activate, callFor, codesOf, OK, observe, type Proofs, settingsWith, unhurried } from './conformance-world.ts';

/** The life of one tenant, from its creation to its removal. */
export const LIFE: Proofs = {
  'a tenant that was never created is observed as absent': async (world) => {
    world.expect(await observe(world, 1)).toEqual(null);
  },

  'a new tenant is inactive, has no settings, and can call for help': async (world) => {
    const call = callFor(world, 1, 1);
    world.expect(await world.driver.ensureTenants([call], unhurried())).toEqual([OK]);
    world.expect(await observe(world, 1)).toEqual({
      domain: call.domain,
      customerId: call.customerId,
      service: 'inactive',
      settings: null,
      emergencyCalling: true,
    });
  },

  'settings are read back as they were given, and replaced as a whole': async (world) => {
    await activate(world, 1);
    world.expect((await observe(world, 1))?.settings).toEqual(settingsWith(30));
    const settings = { ...settingsWith(365), timeZone: null };
    const call = { ...callFor(world, 1, 2), settings, retroactive: true };
    world.expect(await world.driver.configureTenants([call], unhurried())).toEqual([OK]);
    world.expect((await observe(world, 1))?.settings).toEqual(settings);
  },

  'service is switched on, off and on hold, and emergency calling is never disabled': async (world) => {
    await activate(world, 1);
    for (const service of ['suspended', 'active', 'inactive'] as const) {
      world.expect(await world.driver.setService([{ ...callFor(world, 1, 2), service }], unhurried())).toEqual([OK]);
      const tenant = await observe(world, 1);
      world.expect([tenant?.service, tenant?.emergencyCalling]).toEqual([service, true]);
    }
  },

  'every call may be repeated, and a repeat changes nothing': async (world) => {
    const { driver, expect } = world;
    await activate(world, 1);
    const before = await observe(world, 1);
    await activate(world, 1);
    expect(await observe(world, 1)).toEqual(before);
    const call = callFor(world, 1, 2);
    expect(await driver.removeTenants([call], unhurried())).toEqual([OK]);
    expect(await driver.removeTenants([call], unhurried())).toEqual([OK]);
    expect(await observe(world, 1)).toEqual(null);
  },

  'a removed tenant is created anew, with nothing left of the old one': async (world) => {
    const { driver, expect } = world;
    await activate(world, 1);
    expect(await driver.removeTenants([callFor(world, 1, 2)], unhurried())).toEqual([OK]);
    expect(await driver.ensureTenants([callFor(world, 1, 3)], unhurried())).toEqual([OK]);
    const tenant = await observe(world, 1);
    expect([tenant?.service, tenant?.settings]).toEqual(['inactive', null]);
  },

  'a tenant that is not there cannot be configured or switched': async (world) => {
    const { driver, expect } = world;
    const call = callFor(world, 1, 1);
    const configured = await driver.configureTenants(
      [{ ...call, settings: settingsWith(30), retroactive: false }],
      unhurried(),
    );
    const switched = await driver.setService([{ ...call, service: 'active' }], unhurried());
    expect(codesOf([...configured, ...switched])).toEqual(['tenant-mismatch', 'tenant-mismatch']);
    expect(await observe(world, 1)).toEqual(null);
  },

  'a removed tenant cannot be configured or switched, not even by the claim that removed it': async (world) => {
    const { driver, expect } = world;
    await activate(world, 1);
    const call = callFor(world, 1, 2);
    await driver.removeTenants([call], unhurried());
    const configured = { ...call, settings: settingsWith(365), retroactive: false };
    const outcomes = [
      ...(await driver.configureTenants([configured], unhurried())),
      ...(await driver.setService([{ ...call, service: 'active' }], unhurried())),
    ];
    expect(codesOf(outcomes)).toEqual(['tenant-mismatch', 'tenant-mismatch']);
    expect(await observe(world, 1)).toEqual(null);
  },
};
