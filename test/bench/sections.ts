import type { BackendName } from '../support/stack.ts';
import { measureFairness } from './fairness.ts';
import { median, round } from './figures.ts';
import { measureProvisioning, type Provisioning } from './provisioning.ts';

/** One measured figure, by its name. */
export type Figure = { readonly name: string; readonly value: number; readonly unit: string };
export type Size = { readonly backend: BackendName; readonly quick: boolean };
type Section = { readonly about: string; readonly measure: (size: Size) => Promise<Figure[]> };

/** THE sections of the bench. */
export const SECTIONS = {
  provisioning: { about: 'customers a second from accepted to active, and what each costs', measure: provisioning },
  fairness: { about: "what one client's long backlog does to another's time from POST to active", measure: fairness },
} as const satisfies Record<string, Section>;

export type SectionName = keyof typeof SECTIONS;

async function provisioning({ backend, quick }: Size): Promise<Figure[]> {
  const runs: Provisioning[] = [];
  for (let n = 0; n < (quick ? 1 : 5); n++)
    runs.push(await measureProvisioning({ backend, jobs: quick ? 2_000 : 5_000 }));
  const middle = (pick: (run: Provisioning) => number) => round(median(runs.map(pick)));
  return [
    { name: 'provisioned', value: middle((run) => run.jobsPerSecond), unit: 'jobs/s' },
    { name: 'write-ahead log', value: middle((run) => run.walBytes), unit: 'bytes/job' },
    { name: 'commits', value: middle((run) => run.commits), unit: '/job' },
    { name: 'events', value: middle((run) => run.events), unit: '/job' },
  ];
}

async function fairness({ backend, quick }: Size): Promise<Figure[]> {
  const { quiet, beside, ratioP99, atFirstMs, backlog } = await measureFairness({
    backend,
    jobs: quick ? 10_000 : 50_000,
    seconds: quick ? 8 : 20,
  });
  return [
    { name: 'quiet, p50', value: quiet.p50, unit: 'ms' },
    { name: 'quiet, p99', value: quiet.p99, unit: 'ms' },
    { name: 'beside a backlog, p50', value: beside.p50, unit: 'ms' },
    { name: 'beside a backlog, p99', value: beside.p99, unit: 'ms' },
    { name: 'ratio of p99', value: ratioP99, unit: 'x' },
    { name: 'slowest of its first seconds', value: atFirstMs, unit: 'ms' },
    { name: 'open beside it at first', value: backlog[0], unit: 'jobs' },
    { name: 'open beside it at last', value: backlog[1], unit: 'jobs' },
  ];
}
