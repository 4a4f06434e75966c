import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openCaller } from './caller.ts';
import { round, type Spread, spreadOf } from './figures.ts';
import { samplePayload } from './rivals/accepted.ts';

export type LoadPlan = {
  readonly url: string;
  readonly key: string;
  readonly requests: number;
  readonly connections: number;
  /** Whether each request carries an Idempotency-Key. */
  readonly keyed?: boolean;
};
/** How a server took a load: requests a second, and how long each took in milliseconds. */
export type Load = { readonly perSecond: number; readonly spread: Spread };

/** Posts provisionings as quickly as they are accepted, from a process of its own: it must not slow what measures. */
export async function load(plan: LoadPlan): Promise<Load> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error('the load did not end well');
  return JSON.parse(Buffer.concat(pieces).toString());
}

async function post({ url, key, requests, connections, keyed = false }: LoadPlan): Promise<Load> {
  const caller = openCaller(url, key, connections);
  const run = `${process.pid}-${Date.now()}`;
  const tookMs: number[] = [];
  let next = 0;
  const startedMs = performance.now();
  async function connection(): Promise<void> {
    while (next < requests) {
      const n = next++;
      const sentMs = performance.now();
      const body = { type: 'customer.provision', payload: samplePayload(n) };
      const { status, text } = await caller.post('/v1/jobs', body, keyed ? { 'idempotency-key': `${run}-${n}` } : {});
      if (status !== 202) throw new Error(`not accepted: ${status} ${text}`);
      tookMs.push(performance.now() - sentMs);
    }
  }
  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - startedMs) / 1_000;
  await caller.close();
  return { perSecond: round(requests / seconds), spread: spreadOf(tookMs) };
}

if (import.meta.main) process.stdout.write(JSON.stringify(await post(JSON.parse(process.argv[2] as string))));
