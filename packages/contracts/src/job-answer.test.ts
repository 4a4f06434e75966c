import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { JOB_STATES } from './job-answer.ts';

/** As TMF641 v4.1.0 lists them. */
const TMF641_STATES = [
  'acknowledged',
  'rejected',
  'pending',
  'held',
  'inProgress',
  'cancelled',
  'completed',
  'failed',
  'partial',
  'assessingCancellation',
  'pendingCancellation',
];

test('docs/tmf.md maps every state of a job to one of TMF641, and leaves none of those out', () => {
  const page = readFileSync(new URL('../../../docs/tmf.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('### States'), page.indexOf('### Events'));
  const rows = [...table.matchAll(/^\| (.*?) +\| `(\w+)` +\|/gm)].map(([, ours, theirs]) => ({ ours, theirs }));
  expect(rows).not.toEqual([]);
  for (const state of JOB_STATES)
    expect(rows.filter(({ ours }) => ours?.includes(`\`${state}\``)).length, state).not.toBe(0);
  expect(new Set(rows.map(({ theirs }) => theirs))).toEqual(new Set(TMF641_STATES));
});
