import { expect, it, vi } from 'vitest';
import { stopInOrder } from './orderly-stop.ts';

const never = () => new Promise<void>(() => undefined);

it('goes on after an act that hangs or fails, within the deadline, and says so', async () => {
  vi.useFakeTimers();
  const done: string[] = [];
  const warn = vi.fn();
  const acts = [
    { name: 'hangs', share: 0.5, work: never },
    { name: 'fails', share: 0.1, work: () => Promise.reject(new Error('away')) },
    { name: 'works', share: 0.1, work: async () => void done.push('works') },
  ];
  const stopped = stopInOrder(acts, 10_000, { warn });
  await vi.advanceTimersByTimeAsync(5_000);
  await stopped;
  vi.useRealTimers();
  expect(done).toEqual(['works']);
  expect(warn.mock.calls.map(([{ act }]) => act)).toEqual(['hangs', 'fails']);
});
