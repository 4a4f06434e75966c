import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BackendName } from '../support/stack.ts';
import { openCaller } from './caller.ts';
import { readCost } from './cost.ts';
import { round } from './figures.ts';
import { addSeats, type Site, startSite } from './site.ts';

export type ProvisioningPlan = {
  readonly backend: BackendName;
  readonly jobs: number;
  readonly workers?: number;
  readonly env?: Record<string, string>;
};
export type Provisioning = {
  readonly jobsPerSecond: number;
  /** Per job: bytes of write-ahead log and commits, the platform's own database included. */
  readonly walBytes: number;
  readonly commits: number;
  readonly events: number;
};

const PAUSE_MS = 50;
const STUCK_MS = 60_000;
const FLOOD_CONNECTIONS = 32;

/** From accepted to active: how many jobs a second, all accepted beforehand. */
export async function measureProvisioning({
  backend,
  jobs,
  workers = 1,
  env,
}: ProvisioningPlan): Promise<Provisioning> {
  const site = await startSite({ backend, workers, ...(env && { env }) });
  try {
    const [url = ''] = site.intakes.map((intake) => intake.url);
    const [key = ''] = await site.keys(1);
    await addSeats(site, 2 * jobs);
    const caller = openCaller(url, key, 1);
    await flood([url, key, String(Math.ceil(jobs / 4)), String(FLOOD_CONNECTIONS)]);
    await allEnded(site);
    await caller.post('/v1/queues/provisioning/pause', {});
    await flood([url, key, String(jobs), String(FLOOD_CONNECTIONS)]);
    const before = await readCost(site.ledger);
    const { rows } = await site.ledger.query('select max(sequence)::int as last, clock_timestamp() as now from events');
    const start = rows[0] as { last: number; now: Date };
    await caller.post('/v1/queues/provisioning/resume', {});
    await allEnded(site);
    const cost = await readCost(site.ledger);
    const { rows: ends } = await site.ledger.query(
      `select extract(epoch from max(finished_at) - min(started_at))::float8 as seconds,
         (select max(sequence)::int from events) as last from jobs where started_at > $1`,
      [start.now],
    );
    const end = ends[0] as { seconds: number; last: number };
    await caller.close();
    return {
      jobsPerSecond: round(jobs / end.seconds),
      walBytes: round((cost.walBytes - before.walBytes) / jobs),
      commits: round((cost.commits - before.commits) / jobs),
      events: round((end.last - start.last) / jobs),
    };
  } finally {
    await site.close();
  }
}

/** Accepts jobs as quickly as the intake does, from a process of its own. */
export async function flood(args: readonly string[]): Promise<void> {
  const main = fileURLToPath(new URL('./flood.ts', import.meta.url));
  const child = spawn(process.execPath, [main, ...args], { stdio: 'inherit' });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error('the flood did not end well');
}

/** Waits until no job is open. Throws when for a minute none of them ends. */
export async function allEnded({ ledger }: Pick<Site, 'ledger'>): Promise<void> {
  let [left, changedMs] = [Number.POSITIVE_INFINITY, performance.now()];
  for (;;) {
    const { rows } = await ledger.query<{ n: number }>('select count(*)::int as n from jobs where finished_at is null');
    const open = rows[0]?.n ?? 0;
    if (open === 0) return;
    if (open < left) [left, changedMs] = [open, performance.now()];
    if (performance.now() - changedMs > STUCK_MS) throw new Error(`${open} jobs do not end`);
    await delay(PAUSE_MS);
  }
}
