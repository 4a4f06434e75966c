import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFairWrites } from './fair-writes.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

type Write = { readonly clientId: string; readonly no: number };

/** Writes that note which travelled together, and when. */
function setUp() {
  const batches: { atMs: number; items: string[] }[] = [];
  const startMs = performance.now();
  const writes = createFairWrites<Write, number>(
    async (items) => {
      const names = items.map(({ clientId, no }) => `${clientId}${no}`);
      batches.push({ atMs: Math.round(performance.now() - startMs), items: names });
      return items.map(({ no }) => no);
    },
    ({ clientId }) => clientId,
  );
  const enter = (clientId: string, runs: number) => Array.from({ length: runs }, () => writes.enter(clientId));
  const write = (clientId: string, no: number) => writes.write({ clientId, no });
  return { batches, enter, write };
}

it('those of a client with few runs do not travel with those of one with many', async () => {
  const { batches, enter, write } = setUp();
  enter('small', 3);
  enter('big', 4);
  const answers = Promise.all([write('big', 1), write('small', 2), write('big', 3), write('small', 4)]);
  await vi.runAllTimersAsync();
  expect(await answers).toEqual([1, 2, 3, 4]);
  expect(batches.map(({ items }) => items)).toEqual(
    expect.arrayContaining([
      ['big1', 'big3'],
      ['small2', 'small4'],
    ]),
  );
});

it('the batches of many keep apart for as long as others write too', async () => {
  const { batches, enter, write } = setUp();
  enter('big', 4);
  for (const no of [1, 2]) await write('big', no);
  expect(batches.map(({ atMs }) => atMs)).toEqual([0, 0]);
  await vi.advanceTimersByTimeAsync(0);
  enter('small', 1);
  await write('small', 1);
  const apart = [3, 4, 5].map((no) => write('big', no).then(() => write('big', 10 + no)));
  await vi.advanceTimersByTimeAsync(30);
  await Promise.all(apart);
  expect(batches.slice(3)).toEqual([
    { atMs: 0, items: ['big3', 'big4', 'big5'] },
    { atMs: expect.toBeOneOf([20, 21]), items: ['big13', 'big14', 'big15'] },
  ]);
  await vi.advanceTimersByTimeAsync(1_000);
  for (const no of [6, 7]) await write('big', no);
  expect(batches.slice(5).map(({ atMs }) => atMs)).toEqual([1_030, 1_030]);
});

it('a client alone is not kept apart from itself when its runs become many', async () => {
  const { batches, enter, write } = setUp();
  enter('big', 3);
  await write('big', 1);
  enter('big', 1);
  for (const no of [2, 3]) await write('big', no);
  expect(batches.map(({ atMs }) => atMs)).toEqual([0, 0, 0]);
});

it('a client whose runs have ended has few again', async () => {
  const { batches, enter, write } = setUp();
  const [leave] = enter('big', 4);
  leave?.();
  enter('small', 1);
  await Promise.all([write('big', 1), write('small', 2)]);
  expect(batches.map(({ items }) => items)).toEqual([['big1', 'small2']]);
});
