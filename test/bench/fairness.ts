import { setTimeout as delay } from 'node:timers/promises';
import type { BackendName } from '../support/stack.ts';
import { type BenchCaller, openCaller } from './caller.ts';
import { round, type Spread, spreadOf } from './figures.ts';
import { flood } from './provisioning.ts';
import { addSeats, type Site, startSite } from './site.ts';

export type Fairness = {
  readonly backend: BackendName;
  /** POST to active of a client that asks for little, in milliseconds: alone, and beside one with a long backlog. */
  readonly quiet: Spread;
  readonly beside: Spread;
  readonly ratioP99: number;
  /** The slowest of the first seconds, before the workers have made room: jobs begun are not interrupted. */
  readonly atFirstMs: number;
  /** What the other client had open when the second measurement began, and when it ended. */
  readonly backlog: readonly [number, number];
};
export type FairnessPlan = { readonly backend: BackendName; readonly jobs: number; readonly seconds: number };

const PER_SECOND = 20;
const FLOOD_CONNECTIONS = 32;
const WARM_UP_S = 5;

/** What the backlog of one client does to another's time from POST to active. */
export async function measureFairness({ backend, jobs, seconds }: FairnessPlan): Promise<Fairness> {
  const site = await startSite({ backend });
  try {
    const [url] = site.intakes.map((intake) => intake.url);
    const [small = '', big = ''] = await site.keys(2);
    await addSeats(site, jobs + 2 * (seconds + WARM_UP_S) * PER_SECOND);
    const caller = openCaller(url as string, small, 64);
    await steadily(caller, WARM_UP_S);
    const quiet = spreadOf(await steadily(caller, seconds));
    await caller.post('/v1/queues/provisioning/pause', {});
    await flood([url as string, big, String(jobs), String(FLOOD_CONNECTIONS)]);
    await caller.post('/v1/queues/provisioning/resume', {});
    const before = await countOpen(site);
    const atFirstMs = round(Math.max(...(await steadily(caller, WARM_UP_S))));
    const beside = spreadOf(await steadily(caller, seconds));
    const backlog = [before, await countOpen(site)] as const;
    await caller.close();
    return { backend, quiet, beside, ratioP99: round(beside.p99 / quiet.p99), atFirstMs, backlog };
  } finally {
    await site.close();
  }
}

/** Posts at a steady rate, whatever the answers do; answers how long each job took to its end. */
async function steadily(caller: BenchCaller, seconds: number): Promise<number[]> {
  const calls: Promise<number>[] = [];
  const startedMs = performance.now();
  for (let n = 0; n < seconds * PER_SECOND; n++) {
    await delay(Math.max(0, startedMs + (n * 1_000) / PER_SECOND - performance.now()));
    calls.push(timeOne(caller));
  }
  return await Promise.all(calls);
}

async function timeOne(caller: BenchCaller): Promise<number> {
  const startedMs = performance.now();
  const body = {
    type: 'customer.provision',
    payload: { name: 'Small', serviceType: 'hosted-pbx', industry: 'dental' },
  };
  const { status, text } = await caller.post('/v1/jobs', body, { prefer: 'wait=60' });
  const tookMs = performance.now() - startedMs;
  if (status !== 202 || JSON.parse(text).state !== 'completed') throw new Error(`not active: ${status} ${text}`);
  return tookMs;
}

async function countOpen({ ledger }: Site): Promise<number> {
  const { rows } = await ledger.query<{ n: number }>('select count(*)::int as n from jobs where finished_at is null');
  return rows[0]?.n ?? 0;
}
