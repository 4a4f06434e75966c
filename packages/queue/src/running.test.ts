import type { Job } from 'bullmq';
import { expect, test, vi } from 'vitest';
import type { BellData } from './backend.ts';
import { openRunning } from './running.ts';

test('a bell that comes in after the stop is put back, and its handler does not run', async () => {
  const handle = vi.fn(async () => ({ outcome: 'done' }) as const);
  const running = openRunning({ handle, onError: () => undefined });
  const moveToWait = vi.fn(async () => 0);
  const job = { id: 'x', data: { jobId: 'job_01k9zv6n3fe8prx2k1w3q4t5y6', bellNo: 1 }, moveToWait };
  running.stop();
  await expect(running.process(job as unknown as Job<BellData>, 'token')).rejects.toThrow('movedToWait');
  expect(moveToWait.mock.calls).toEqual([['token']]);
  expect(handle).not.toHaveBeenCalled();
});
