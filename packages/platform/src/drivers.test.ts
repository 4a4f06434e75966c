import { describe, expect, it } from 'vitest';
import { openDriver } from './drivers.ts';

const platformDatabaseUrl = 'postgres://nobody@127.0.0.1:1/nothing';

describe('the drivers', () => {
  it('a driver is opened by its name without connecting', async () => {
    const driver = openDriver({ platform: 'sandbox', platformDatabaseUrl });
    expect(driver).toMatchObject({ name: 'sandbox', fences: true });
    await driver.close();
  });

  it.each(['sandcastle', '', 'toString'])('an unknown name (%j) is told which there are', (platform) => {
    expect(() => openDriver({ platform, platformDatabaseUrl })).toThrow(
      `PLATFORM must be one of: sandbox. It is "${platform}".`,
    );
  });

  it('a platform that nobody answers for is unavailable, not thrown, and tells no address', async () => {
    const driver = openDriver({ platform: 'sandbox', platformDatabaseUrl });
    const key = { containerId: '100001', number: '001' };
    const outcomes = await driver.observeTenants([key, key], new AbortController().signal);
    const fault = { code: 'platform-unavailable', message: "The sandbox's database did not answer (ECONNREFUSED)." };
    expect(outcomes).toEqual([
      { ok: false, fault },
      { ok: false, fault },
    ]);
    await driver.close();
  });
});
