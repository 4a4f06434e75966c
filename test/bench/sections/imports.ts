import type { Figure, Size } from '../figure.ts';
import { medianOf, round } from '../figures.ts';
import { travel } from '../import-journey.ts';
import { measureBesideImport, measureImport } from '../imports.ts';
import { measureRival } from '../provisioning.ts';

const MILLION = 1_000_000;
const FLAT_MIB = 300;

/** From a file to active customers, tried dry before; and what it does to single jobs. */
export async function imports({ backend, quick }: Size): Promise<Figure[]> {
  const speeds = await measureImport(backend, quick ? 3_000 : 10_000, quick ? 1 : 3);
  const floor = await measureRival('floor-batched', quick ? { jobs: 5_000, times: 1 } : { jobs: 20_000, times: 5 });
  const beside = await measureBesideImport(
    backend,
    quick ? { rows: 10_000, seconds: 8 } : { rows: 100_000, seconds: 20 },
  );
  const active = medianOf(speeds, (speed) => speed.active);
  const checked = medianOf(speeds, (speed) => speed.checked);
  return [
    { name: 'stored', value: medianOf(speeds, ({ sent }) => sent), unit: 'rows/s' },
    { name: 'tried dry', value: checked, unit: 'rows/s' },
    { name: 'from file to active', value: active, unit: 'rows/s' },
    { name: 'dry run against run', value: round(checked / active), unit: 'x', goal: { atLeast: 5 } },
    { name: 'floor-batched', value: floor.jobsPerSecond, unit: 'customers/s' },
    { name: 'against floor-batched', value: round(active / floor.jobsPerSecond), unit: 'x', goal: { atLeast: 0.5 } },
    { name: 'single jobs, quiet, p99', value: beside.quietP99, unit: 'ms' },
    { name: 'single jobs beside an import, p99', value: beside.besideP99, unit: 'ms' },
    { name: 'ratio of p99', value: round(beside.besideP99 / beside.quietP99), unit: 'x', goal: { atMost: 2 } },
    { name: 'rows left beside them at last', value: beside.left, unit: 'rows' },
  ];
}

/** A million rows, one in a hundred bad, and the bad ones mended: whether it is exact, and in what memory. */
export async function million({ backend, quick }: Size): Promise<Figure[]> {
  const rows = quick ? MILLION / 100 : MILLION;
  const { run, retried, again, seconds, peakMiB, customers, jobs } = await travel(backend, rows);
  const perSecond = (count: number, took: number) => round(count / took);
  return [
    { name: 'rows', value: run.rows, unit: '' },
    { name: 'done', value: run.done, unit: 'rows' },
    { name: 'failed', value: run.failed, unit: 'rows' },
    { name: 'done when retried, mended', value: retried.done, unit: 'rows', goal: { atLeast: rows } },
    { name: 'unchanged when sent again', value: again.skipped, unit: 'rows', goal: { atLeast: run.failed } },
    { name: 'active customers', value: customers, unit: '', goal: { atLeast: rows } },
    { name: 'jobs', value: jobs, unit: '', goal: { atMost: rows } },
    { name: 'stored', value: perSecond(rows, seconds.sent), unit: 'rows/s' },
    { name: 'tried dry', value: perSecond(rows, seconds.checked), unit: 'rows/s' },
    { name: 'run', value: perSecond(run.done, seconds.run), unit: 'rows/s' },
    { name: 'retried', value: perSecond(run.failed, seconds.retried), unit: 'rows/s' },
    { name: 'intake, most memory', value: round(peakMiB.intake), unit: 'MiB', goal: { atMost: FLAT_MIB } },
    { name: 'worker, most memory', value: round(peakMiB.worker), unit: 'MiB', goal: { atMost: FLAT_MIB } },
  ];
}
