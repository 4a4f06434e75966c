import { type Fairness, measureFairness } from '../fairness.ts';
import type { Figure, Size } from '../figure.ts';
import { medianOf, round } from '../figures.ts';
import { measureByHand, measureLatency } from '../latency.ts';
import { once } from '../once.ts';
import { measureWebhooks, type Receipts } from '../webhooks.ts';

const byHand = once((_: 'by-hand', quick) => measureByHand(quick ? 100 : 400));

/** From POST to active while nothing else is asked for. */
export async function latency({ backend, quick }: Size): Promise<Figure[]> {
  const { p50, p99 } = await measureLatency(backend, quick ? 8 : 30);
  const hand = await byHand('by-hand', quick);
  return [
    { name: 'POST to active, p50', value: p50, unit: 'ms' },
    { name: 'POST to active, p99', value: p99, unit: 'ms' },
    { name: 'the same commits by hand, p50', value: hand.p50, unit: 'ms' },
    { name: 'the same commits by hand, p99', value: hand.p99, unit: 'ms' },
    { name: 'against by hand, p50', value: round(p50 / hand.p50), unit: 'x', goal: { atMost: 2 } },
    { name: 'against by hand, p99', value: round(p99 / hand.p99), unit: 'x', goal: { atMost: 4 } },
  ];
}

/** The same beside another client's backlog. */
export async function fairness({ backend, quick }: Size): Promise<Figure[]> {
  const plan = { backend, jobs: quick ? 10_000 : 50_000, seconds: quick ? 8 : 20 };
  const runs: Fairness[] = [];
  for (let n = 0; n < (quick ? 1 : 3); n++) runs.push(await measureFairness(plan));
  return [
    { name: 'quiet, p50', value: medianOf(runs, ({ quiet }) => quiet.p50), unit: 'ms' },
    { name: 'quiet, p99', value: medianOf(runs, ({ quiet }) => quiet.p99), unit: 'ms' },
    { name: 'beside a backlog, p50', value: medianOf(runs, ({ beside }) => beside.p50), unit: 'ms' },
    { name: 'beside a backlog, p99', value: medianOf(runs, ({ beside }) => beside.p99), unit: 'ms' },
    { name: 'ratio of p99', value: medianOf(runs, ({ ratioP99 }) => ratioP99), unit: 'x', goal: { atMost: 2 } },
    { name: 'slowest of its first seconds', value: medianOf(runs, ({ atFirstMs }) => atFirstMs), unit: 'ms' },
    { name: 'open beside it at last', value: medianOf(runs, ({ backlog }) => backlog[1]), unit: 'jobs' },
  ];
}

/** From a job's end to its receipt by webhook, alone and beside webhooks that are dead. */
export async function webhooks({ backend, quick }: Size): Promise<Figure[]> {
  const runs: Receipts[] = [];
  for (let n = 0; n < (quick ? 1 : 3); n++) runs.push(await measureWebhooks(backend, quick ? 10 : 20));
  return [
    { name: 'quiet, p50', value: medianOf(runs, ({ quiet }) => quiet.p50), unit: 'ms' },
    { name: 'quiet, p99', value: medianOf(runs, ({ quiet }) => quiet.p99), unit: 'ms' },
    { name: 'beside dead ones, p50', value: medianOf(runs, ({ beside }) => beside.p50), unit: 'ms' },
    { name: 'beside dead ones, p99', value: medianOf(runs, ({ beside }) => beside.p99), unit: 'ms' },
    { name: 'ratio of p99', value: medianOf(runs, ({ ratioP99 }) => ratioP99), unit: 'x', goal: { atMost: 2 } },
  ];
}
