import { givenUp } from './deliveries.ts';
import type { Evidence, Offence } from './evidence.ts';
import { eventsByJob } from './lives.ts';
import { COUNTERS, type CounterName, type Verdict } from './verdict.ts';

/** All that a run has to tell. */
export type Findings = {
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly settled: boolean;
  readonly made: ReadonlyMap<string, number>;
  readonly faultNames: readonly string[];
  readonly lostCommits: number;
  /** Deliveries that came with a signature by a secret their receiver did not have, or no longer. */
  readonly refusedSignatures: number;
  readonly answers: ReadonlyMap<string, number>;
  readonly remarks: readonly string[];
  readonly loadMs: number;
  readonly settleMs: number;
};

const STATES = ['completed', 'failed', 'cancelled', 'held'] as const;
const WIDTH = 40;
const SHOWN = 5;
const EVENTS_SHOWN = 60;

/** The run as a table, and the first offenders with their stories. */
export function renderReport(findings: Findings): string {
  const { evidence, verdict, made, faultNames, loadMs, settleMs, answers } = findings;
  const accepted = new Set(evidence.accepted.map(({ jobId }) => jobId)).size;
  const minutes = loadMs / 60_000;
  const faults = [...made.values()].reduce((sum, count) => sum + count, 0);
  const lines = [
    row('accepted (202)', accepted),
    row('jobs in the ledger', evidence.jobs.length),
    ...STATES.map((state) => row(state, evidence.jobs.filter((job) => job.state === state).length)),
    row('events', evidence.events.length),
    row('effects on the platform', evidence.effects.length),
    ...renderDeliveries(findings),
    row('rows imported', renderRows(evidence)),
    '',
    ...Object.keys(COUNTERS).map((name) => row(name, verdict[name as CounterName].length)),
    '',
    row('faults', `${faults}, ${(faults / minutes).toFixed(1)} a minute`),
    ...faultNames.map((name) => row(`  ${name}`, made.get(name) ?? 0)),
    row('answers to a COMMIT lost', findings.lostCommits),
    '',
    row('load', `${seconds(loadMs)}, ${(accepted / (loadMs / 1_000)).toFixed(1)} jobs accepted a second`),
    row('settled', findings.settled ? `after ${seconds(settleMs)}` : `not within ${seconds(settleMs)}`),
    row('answers to the load', [...answers].map(([name, count]) => `${name}: ${count}`).join(', ')),
    ...findings.remarks.map((remark) => `remark: ${remark}`),
  ];
  return `${[...lines, ...renderOffences(findings)].join('\n')}\n`;
}

function renderDeliveries({ evidence, refusedSignatures }: Findings): string[] {
  const { subscriptions } = evidence;
  const all = subscriptions.flatMap(({ receipts }) => receipts);
  const own = subscriptions.map(({ receipts }) => receipts.filter(({ replay }) => !replay));
  const first = own.reduce((sum, some) => sum + new Set(some.map(({ sequence }) => sequence)).size, 0);
  const received = own.flat().length;
  const again = `${received - first} of them again, ${all.length - received} more replayed`;
  const listed = subscriptions.flatMap(({ webhookId }) => givenUp(evidence, webhookId)).length;
  return [
    row('deliveries received', `${received}, ${again}`),
    row('deliveries given up, and listed', listed),
    row('signatures refused, sent again', refusedSignatures),
  ];
}

function renderRows({ sent, rows }: Evidence): string {
  const count = (state: string) => rows.filter((one) => one.state === state).length;
  return `${rows.length} of ${sent.length} files: ${count('done')} done, ${count('failed')} failed, ${count('skipped')} skipped`;
}

function row(name: string, value: number | string): string {
  return `${name.padEnd(WIDTH)} ${value}`;
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

function renderOffences({ evidence, verdict }: Findings): string[] {
  const byJob = eventsByJob(evidence);
  return Object.entries(verdict).flatMap(([name, offences]) =>
    offences.slice(0, SHOWN).flatMap((offence) => ['', `${name}: ${describe(offence)}`, ...story(offence)]),
  );

  function story({ jobId, customerId }: Offence): string[] {
    const ids = jobId ? [jobId] : evidence.jobs.filter((job) => job.customer_id === customerId).map(({ id }) => id);
    return ids.slice(0, SHOWN).flatMap((id) => [
      `  ${describeJob(id)}`,
      ...(byJob.get(id) ?? []).slice(-EVENTS_SHOWN).map(({ sequence, name, at, data }) => {
        return `    ${sequence} ${new Date(at).toISOString()} ${name} ${data.step ?? ''} ${data.state ?? ''}`;
      }),
      ...evidence.effects
        .filter((effect) => effect.job_id === id)
        .map(({ effect, value, container_id, number, claim_no, at }) => {
          const what = `${effect} ${value ?? ''} ${container_id}/${number}, claim ${claim_no}`;
          return `    platform ${new Date(at).toISOString()} ${what}`;
        }),
    ]);
  }

  function describeJob(id: string): string {
    const job = evidence.jobs.find((one) => one.id === id);
    return job ? `${id} ${job.type} turn ${job.turn} ${job.state}` : `${id}, not in the ledger`;
  }
}

function describe({ what, jobId, customerId }: Offence): string {
  return [what, jobId, customerId].filter(Boolean).join(', ');
}
