import { once } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { createTimeLimits } from './time-limits.ts';

afterEach(() => void vi.useRealTimers());

it('shares one signal among those who ask about the same time, and gives no one less than the time asked for', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const [limits, { signal: stop }] = [createTimeLimits(), new AbortController()];
  const first = limits(stop, 1_000);
  vi.advanceTimersByTime(249);
  expect(limits(stop, 1_000)).toBe(first);
  vi.advanceTimersByTime(1);
  expect(limits(stop, 1_000)).not.toBe(first);
});

it('keeps apart those who stop apart, and those who have another limit', () => {
  const [limits, one, other] = [createTimeLimits(), new AbortController(), new AbortController()];
  const signal = limits(one.signal, 1_000);
  expect(limits(other.signal, 1_000)).not.toBe(signal);
  expect(limits(one.signal, 2_000)).not.toBe(signal);
  one.abort();
  expect([signal.aborted, limits(other.signal, 1_000).aborted]).toEqual([true, false]);
});

it('aborts when the time is over', async () => {
  const signal = createTimeLimits()(new AbortController().signal, 5);
  await once(signal, 'abort');
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});
