import type { Driver, Outcome, TenantKey } from '@qvara/platform/driver';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPlatform } from './platform-calls.ts';

const DONE: Outcome<null> = { ok: true, value: null };
const never = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A driver that only looks at tenants, and takes a minute for number 666. */
function slowDriver(batches: (readonly TenantKey[])[]) {
  const observeTenants: Driver['observeTenants'] = async (keys) => {
    batches.push(keys);
    if (keys.some(({ number }) => number === '666')) await new Promise((resolve) => setTimeout(resolve, 60_000));
    return keys.map(() => DONE);
  };
  return createPlatform({ observeTenants } as Driver, never);
}

const observe = (platform: ReturnType<typeof createPlatform>, number: string, signal = never) =>
  platform.observeTenant({ containerId: '100001', number }, signal);

it('sends calls made at the same time as one batch', async () => {
  const batches: (readonly TenantKey[])[] = [];
  const platform = slowDriver(batches);
  await Promise.all(['001', '002', '003'].map((number) => observe(platform, number)));
  expect(batches.map((batch) => batch.length)).toEqual([3]);
});

it('lets one slow call hold up the other calls to its container for a moment only', async () => {
  const platform = slowDriver([]);
  const slow = observe(platform, '666');
  await vi.advanceTimersByTimeAsync(10);
  const soonAfter = observe(platform, '001');
  await vi.advanceTimersByTimeAsync(250);
  expect(await soonAfter).toEqual(DONE);
  expect(await observe(platform, '002')).toEqual(DONE);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await slow).toEqual(DONE);
});

it('lets a caller leave when its time is over: the outcome is unknown', async () => {
  const leaving = new AbortController();
  const answer = observe(slowDriver([]), '666', leaving.signal);
  leaving.abort();
  expect(await answer).toMatchObject({ ok: false, fault: { code: 'step-timed-out' } });
});
