import { describe, expect, test } from 'vitest';
import { budgetOf, progressOf } from './import-progress.ts';
import { nextImportMove, type Standing } from './import-state.ts';

const standing: Standing = {
  state: 'running',
  dryRun: false,
  started: true,
  finished: false,
  pausedReason: null,
  errorBudget: null,
  failedBefore: 0,
};
const NONE = { rows: 100, create: 100, update: 0, unchanged: 0, invalid: 0, conflict: 0, unchecked: 0 };

function next(change: Partial<Standing>, counts: object = {}, hasRoom = false) {
  const sums = { ...NONE, pending: 0, running: 0, done: 0, failed: 0, skipped: 0, ...counts };
  return nextImportMove({ ...standing, ...change }, sums, hasRoom);
}

describe('an import that was checked', () => {
  const checking = { state: 'checking', started: false } as const;

  test('stays while a chunk is not', () => {
    expect(next(checking, { unchecked: 1, pending: 100 })).toBeNull();
  });

  test('runs on by itself, but a dry run that was never set going is ready', () => {
    expect(next(checking, { pending: 100 })).toMatchObject({ state: 'running', finishes: false });
    expect(next({ ...checking, dryRun: true }, { pending: 100 })).toMatchObject({ state: 'ready' });
    expect(next({ ...checking, dryRun: true, started: true }, { pending: 100 })).toMatchObject({ state: 'running' });
  });

  test('is over at once when no row is left to run', () => {
    expect(next(checking, { failed: 100 })).toMatchObject({ state: 'completed-with-failures', finishes: true });
    expect(next(checking, { skipped: 100 })).toMatchObject({ state: 'completed', finishes: true });
  });

  test('does not begin when too many rows have failed already', () => {
    const move = next({ ...checking, errorBudget: '5' }, { pending: 94, failed: 6 });
    expect(move).toMatchObject({ state: 'paused', pause: { reason: 'error-budget' } });
  });
});

describe('an import that runs', () => {
  test('stays while a row waits or runs', () => {
    expect(next({}, { pending: 1, done: 99 })).toBeNull();
    expect(next({}, { running: 1, done: 99 })).toBeNull();
  });

  test('ends with its last row, and says whether any failed', () => {
    expect(next({}, { done: 100 })).toMatchObject({ state: 'completed', finishes: true });
    expect(next({}, { done: 99, failed: 1 })).toMatchObject({ state: 'completed-with-failures', finishes: true });
  });

  test('bears as many failures as its budget says, counted since it was resumed', () => {
    expect(next({ errorBudget: '5%' }, { pending: 1, failed: 5 })).toBeNull();
    expect(next({ errorBudget: '5%' }, { pending: 1, failed: 6 })).toMatchObject({ state: 'paused' });
    expect(next({ errorBudget: '5%', failedBefore: 6 }, { pending: 1, failed: 11 })).toBeNull();
    expect(next({ errorBudget: '0' }, { pending: 1, failed: 1 })).toMatchObject({ state: 'paused' });
  });
});

describe('an import that stands still', () => {
  test('goes on by itself only when it waits for room and there is some', () => {
    expect(next({ state: 'paused', pausedReason: 'no-capacity' }, { pending: 9 })).toBeNull();
    expect(next({ state: 'paused', pausedReason: 'no-capacity' }, { pending: 9 }, true)).toMatchObject({
      state: 'running',
    });
    expect(next({ state: 'paused', pausedReason: 'by-request' }, { pending: 9 }, true)).toBeNull();
    expect(next({ state: 'paused', pausedReason: 'error-budget' }, { pending: 9 }, true)).toBeNull();
  });

  test('ends when the rows that still ran were its last', () => {
    expect(next({ state: 'paused', pausedReason: 'by-request' }, { done: 100 })).toMatchObject({ state: 'completed' });
  });
});

test('a cancelled import is over when its last running row is', () => {
  expect(next({ state: 'cancelled' }, { running: 1, skipped: 99 })).toBeNull();
  expect(next({ state: 'cancelled' }, { done: 1, skipped: 99 })).toMatchObject({ state: 'cancelled', finishes: true });
  expect(next({ state: 'cancelled', finished: true }, { skipped: 100 })).toBeNull();
});

test('a budget is a number of rows or a share of them', () => {
  expect([budgetOf(null, 200), budgetOf('100', 200), budgetOf('2.5%', 200)]).toEqual([null, 100, 5]);
});

test('progress is told of what moves: its rate and, while it runs, when it will be through', () => {
  const totals = { ...NONE, pending: 90, running: 10, done: 0, failed: 0, skipped: 0 };
  expect(progressOf({ state: 'running', rate: 8 }, totals)).toEqual({ rowsPerSecond: 8, etaSeconds: 13 });
  expect(progressOf({ state: 'checking', rate: 8 }, totals)).toEqual({ rowsPerSecond: 8, etaSeconds: null });
  expect(progressOf({ state: 'paused', rate: 8 }, totals)).toEqual({ rowsPerSecond: null, etaSeconds: null });
  expect(progressOf({ state: 'running', rate: null }, totals)).toEqual({ rowsPerSecond: null, etaSeconds: null });
});
