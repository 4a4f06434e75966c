import { setTimeout as delay } from 'node:timers/promises';
import type { BackendName } from '../support/stack.ts';
import { openCaller } from './caller.ts';
import { type Cost, readCost } from './cost.ts';
import { medianOf } from './figures.ts';
import { load } from './load.ts';
import { PROVISIONERS, type ProvisionerName } from './rivals/provisioners.ts';
import { countRows, type RowsPerJob } from './rivals/rows.ts';
import { addSeats, onSite, type Site } from './site.ts';

/** So many jobs each time, after a warm-up of a quarter of them; the middle of the times counts. */
export type Repeats = { readonly jobs: number; readonly times: number };
/** What each job costs, write-ahead log and commits of the platform's own database included. */
export type ProvisioningCost = Cost & { readonly jobsPerSecond: number };
export type Provisioning = ProvisioningCost & {
  /** What was written for each job from its acceptance on. */
  readonly rows: RowsPerJob;
};

const PAUSE_MS = 250;
const OPEN = "select count(*)::int as n from jobs where state in ('accepted', 'running', 'waiting', 'held')";
const STUCK_MS = 60_000;
const CONNECTIONS = 32;

/** From accepted to active: how many jobs a second so many workers do, all accepted beforehand. */
export async function measureProvisioning(
  { backend, workers = 1 }: { readonly backend: BackendName; readonly workers?: number },
  repeats: Repeats,
): Promise<Provisioning> {
  return await onSite({ backend, workers }, async (site) => {
    const [key = ''] = await site.keys(1);
    const cost = await provisionRepeatedly(site, key, repeats);
    return { ...cost, rows: await countRows(site.ledger) };
  });
}

/** The same on a site that is there. */
export async function provisionRepeatedly(
  site: Site,
  key: string,
  { jobs, times }: Repeats,
): Promise<ProvisioningCost> {
  const url = site.intakes[0]?.url ?? '';
  await addSeats(site, (times + 1) * jobs);
  const caller = openCaller(url, key, 1);
  const runs = await repeat({ jobs, times }, async (count) => {
    await caller.post('/v1/queues/provisioning/pause', {});
    await load({ url, key, requests: count, connections: CONNECTIONS });
    const before = await readCost(site);
    await caller.post('/v1/queues/provisioning/resume', {});
    await allEnded(site);
    const after = await readCost(site);
    return { count, seconds: await readDuration(site, count), before, after };
  });
  await caller.close();
  return summary(runs);
}

/** How many a rival does, on servers of the same kind. */
export async function measureRival(name: ProvisionerName, repeats: Repeats): Promise<Provisioning> {
  return await onSite({ backend: 'redis', intakes: 0, workers: 0 }, async (site) => {
    const rival = await PROVISIONERS[name](site);
    try {
      const runs = await repeat(repeats, async (count) => {
        await rival.accept(count);
        const before = await readCost(site);
        const { seconds } = await rival.run();
        return { count, seconds, before, after: await readCost(site) };
      });
      return { ...summary(runs), rows: await countRows(site.ledger) };
    } finally {
      await rival.close();
    }
  });
}

type Run = { readonly count: number; readonly seconds: number; readonly before: Cost; readonly after: Cost };

async function repeat({ jobs, times }: Repeats, once: (jobs: number) => Promise<Run>): Promise<Run[]> {
  await once(Math.ceil(jobs / 4));
  const runs: Run[] = [];
  for (let n = 0; n < times; n++) runs.push(await once(jobs));
  return runs;
}

function summary(runs: readonly Run[]): ProvisioningCost {
  const each = (key: keyof Cost) => medianOf(runs, ({ count, before, after }) => (after[key] - before[key]) / count);
  return {
    jobsPerSecond: medianOf(runs, ({ count, seconds }) => count / seconds),
    walBytes: each('walBytes'),
    commits: each('commits'),
    workerMs: each('workerMs'),
    ledgerMs: each('ledgerMs'),
    platformMs: each('platformMs'),
  };
}

/** Seconds from the first start to the last end of the newest jobs. */
async function readDuration({ ledger }: Site, jobs: number): Promise<number> {
  const { rows } = await ledger.query<{ seconds: number }>(
    `select extract(epoch from max(finished_at) - min(started_at))::float8 as seconds
     from (select started_at, finished_at from jobs order by id desc limit $1) j`,
    [jobs],
  );
  return rows[0]?.seconds ?? Number.NaN;
}

/** Waits until no job is open. Throws when for a minute none of them ends. */
async function allEnded({ ledger }: Site): Promise<void> {
  let [left, changedMs] = [Number.POSITIVE_INFINITY, performance.now()];
  for (;;) {
    const { rows } = await ledger.query<{ n: number }>(OPEN);
    const open = rows[0]?.n ?? 0;
    if (open === 0) return;
    if (open < left) [left, changedMs] = [open, performance.now()];
    if (performance.now() - changedMs > STUCK_MS) throw new Error(`${open} jobs do not end`);
    await delay(PAUSE_MS);
  }
}
