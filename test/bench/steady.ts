import { setTimeout as delay } from 'node:timers/promises';
import type { BenchCaller } from './caller.ts';
import { samplePayload } from './rivals/accepted.ts';

/** Jobs a second of a client that asks for little. */
export const PER_SECOND = 20;

/** Posts at a steady rate, whatever the answers do; answers in how many milliseconds each job came to its end. */
export async function steadily(caller: BenchCaller, seconds: number): Promise<number[]> {
  const calls: Promise<number>[] = [];
  const startedMs = performance.now();
  for (let n = 0; n < seconds * PER_SECOND; n++) {
    await delay(Math.max(0, startedMs + (n * 1_000) / PER_SECOND - performance.now()));
    calls.push(timeOne(caller, n));
  }
  return await Promise.all(calls);
}

async function timeOne(caller: BenchCaller, n: number): Promise<number> {
  const startedMs = performance.now();
  const body = { type: 'customer.provision', payload: samplePayload(n) };
  const { status, text } = await caller.post('/v1/jobs', body, { prefer: 'wait=60' });
  const tookMs = performance.now() - startedMs;
  if (status !== 202 || JSON.parse(text).state !== 'completed') throw new Error(`not active: ${status} ${text}`);
  return tookMs;
}
