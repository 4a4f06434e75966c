import { msByHome, totalMs } from '../cpu-profile.ts';
import type { Figure, Size } from '../figure.ts';
import { medianOf, round } from '../figures.ts';
import { measureGrowth } from '../growth.ts';
import { measureIdle } from '../idle.ts';
import { profileServices, publishProfiles } from '../profile.ts';
import { measureStarts, type Starts } from '../start.ts';

/** What a job costs when many customers are in the ledger. */
export async function growth({ backend, quick }: Size): Promise<Figure[]> {
  const beside = { customers: quick ? 20_000 : 1_000_000, eventsEach: 14 };
  const { empty, grown } = await measureGrowth(backend, beside, { jobs: quick ? 1_000 : 3_000, times: quick ? 1 : 5 });
  return [
    { name: 'customers beside it', value: beside.customers, unit: '' },
    { name: 'events beside it', value: beside.customers * beside.eventsEach, unit: '' },
    { name: 'provisioned, empty', value: empty.jobsPerSecond, unit: 'jobs/s' },
    { name: 'provisioned, grown', value: grown.jobsPerSecond, unit: 'jobs/s' },
    { name: 'write-ahead log, empty', value: empty.walBytes, unit: 'bytes/job' },
    { name: 'write-ahead log, grown', value: grown.walBytes, unit: 'bytes/job' },
    {
      name: 'time of a job against empty',
      value: round(empty.jobsPerSecond / grown.jobsPerSecond),
      unit: 'x',
      goal: { atMost: 1.2 },
    },
  ];
}

/** What the product costs while nobody asks for anything. */
export async function idle({ backend, quick }: Size): Promise<Figure[]> {
  const { intakeCpu, workerCpu, transactions } = await measureIdle(backend, quick ? 15 : 60);
  return [
    { name: 'intake, processor time', value: intakeCpu, unit: '% of a core', goal: { atMost: 1 } },
    { name: 'worker, processor time', value: workerCpu, unit: '% of a core', goal: { atMost: 1 } },
    { name: 'transactions of both', value: transactions, unit: '/s' },
  ];
}

/** From nothing to the first 202. */
export async function start({ quick }: Size): Promise<Figure[]> {
  const runs: Starts[] = [];
  for (let n = 0; n < (quick ? 1 : 5); n++) runs.push(await measureStarts());
  return [
    { name: 'start to first 202', value: medianOf(runs, ({ first }) => first), unit: 's', goal: { atMost: 5 } },
    { name: 'with modules compiled before', value: medianOf(runs, ({ again }) => again), unit: 's' },
  ];
}

const LARGEST_HOMES = 8;

/** Whose code the time of intake and worker goes to; draws both into docs/. */
export async function profile({ backend, quick }: Size): Promise<Figure[]> {
  const profiles = await profileServices(backend, quick ? 2_000 : 10_000);
  await publishProfiles(profiles);
  return Object.entries(profiles).flatMap(([service, root]) => {
    const all = totalMs(root);
    const largest = msByHome(root).slice(0, LARGEST_HOMES);
    return largest.map(([home, ms]) => ({ name: `${service}: ${home}`, value: round((100 * ms) / all), unit: '%' }));
  });
}
