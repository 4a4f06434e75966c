import type { Figure, Size } from '../figure.ts';
import { round } from '../figures.ts';
import { once } from '../once.ts';
import { measureProvisioning, measureRival, type Provisioning, type Repeats } from '../provisioning.ts';
import type { ProvisionerName } from '../rivals/provisioners.ts';
import { demandSameRows } from '../rivals/rows.ts';

type Rival = { readonly name: ProvisionerName; readonly goal: number; readonly jobs: readonly [number, number] };

/** With the ratio to reach, and the jobs of a whole and of a quick measurement. */
const RIVALS: readonly Rival[] = [
  { name: 'plain', goal: 20, jobs: [500, 250] },
  { name: 'pg-boss', goal: 10, jobs: [500, 250] },
  { name: 'graphile-worker', goal: 10, jobs: [500, 250] },
  { name: 'floor-single', goal: 1, jobs: [5_000, 2_000] },
  { name: 'floor-batched', goal: 0.3, jobs: [20_000, 5_000] },
];

const rivalOf = once((name: ProvisionerName, quick) => {
  const jobs = RIVALS.find((rival) => rival.name === name)?.jobs ?? [1_000, 100];
  return measureRival(name, repeats(quick, jobs));
});
const productOn = once((backend: Size['backend'], quick) =>
  measureProvisioning({ backend }, repeats(quick, [5_000, 1_500])),
);

function repeats(quick: boolean, [whole, fraction]: readonly [number, number]): Repeats {
  return quick ? { jobs: fraction, times: 1 } : { jobs: whole, times: 5 };
}

/** From accepted to active: the product, and its rivals on servers of the same kind. */
export async function provisioning({ backend, quick }: Size): Promise<Figure[]> {
  const product = await productOn(backend, quick);
  const figures = [...figuresOf(product), { name: 'events', value: eventsOf(product), unit: '/job' }];
  if (backend === 'postgres') {
    const redis = await productOn('redis', quick);
    figures.push(ratio('against queues in Redis', product.jobsPerSecond / redis.jobsPerSecond, 1 / 3));
  }
  for (const { name, goal } of RIVALS) {
    const rival = await rivalOf(name, quick);
    demandSameRows(name, rival.rows, product.rows);
    figures.push({ name, value: rival.jobsPerSecond, unit: 'jobs/s' });
    figures.push(ratio(`against ${name}`, product.jobsPerSecond / rival.jobsPerSecond, goal));
    figures.push({ name: `${name}, write-ahead log`, value: rival.walBytes, unit: 'bytes/job' });
    figures.push(processorTime(`${name}, ledger`, rival.ledgerMs));
  }
  return figures;
}

function figuresOf({ jobsPerSecond, walBytes, commits, workerMs, ledgerMs, platformMs }: Provisioning): Figure[] {
  return [
    { name: 'provisioned', value: jobsPerSecond, unit: 'jobs/s' },
    { name: 'write-ahead log', value: walBytes, unit: 'bytes/job' },
    { name: 'commits', value: commits, unit: '/job' },
    processorTime('worker', workerMs),
    processorTime('ledger', ledgerMs),
    processorTime('platform', platformMs),
  ];
}

function processorTime(whose: string, ms: number): Figure {
  return { name: `${whose}, processor time`, value: round(ms), unit: 'ms/job' };
}

function ratio(name: string, value: number, atLeast: number): Figure {
  return { name, value: round(value), unit: 'x', goal: { atLeast: round(atLeast) } };
}

function eventsOf({ rows }: Provisioning): number {
  return rows.rows.events ?? Number.NaN;
}

/** What more workers bring on this machine. */
export async function workers({ backend, quick }: Size): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of quick ? [2] : [1, 2, 3]) {
    const measured = await measureProvisioning({ backend, workers: count }, repeats(quick, [5_000, 1_500]));
    figures.push({ name: `${count} workers`, value: measured.jobsPerSecond, unit: 'jobs/s' });
  }
  return figures;
}
