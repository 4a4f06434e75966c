import { CodedError } from '@qvara/contracts/failure';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AGAIN, type BatchVerb, classify, coalesce, repeatConflicts } from './coalesce.ts';

const coded = (code: string, message = 'as the server says it') => Object.assign(new Error(message), { code });
const double = async (items: readonly number[]) => items.map((item) => item * 2);

/** A verb that also keeps what it was asked. */
function recorded<Answer>(verb: BatchVerb<number, Answer>) {
  const batches: number[][] = [];
  const kept: BatchVerb<number, Answer> = (items, rerun) => {
    batches.push([...items]);
    return verb(items, rerun);
  };
  return { batches, verb: kept };
}

/** What became of all calls: answers, or the codes of errors. */
async function settled<Answer>(calls: readonly Promise<Answer>[]) {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'fulfilled' ? result.value : (result.reason as { code?: string }).code,
  );
}

it('answers as one by one, whatever comes together, and asks in the order of the calls', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      async (items, maxBatch) => {
        const { batches, verb } = recorded(double);
        const call = coalesce(verb, maxBatch);
        expect(await Promise.all(items.map(call))).toEqual(await Promise.all(items.map(coalesce(double, 1))));
        expect(batches.flat()).toEqual(items);
        expect(Math.max(0, ...batches.map((batch) => batch.length))).toBeLessThanOrEqual(maxBatch);
      },
    ),
  );
});

it('bad items fail alone: the others get their answers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (bad) => {
      const call = coalesce<number, number>(async (items) => {
        if (items.some((item) => bad[item])) throw coded('23505');
        return items;
      });
      expect(await settled(bad.map((_, index) => call(index)))).toEqual(
        bad.map((isBad, index) => (isBad ? '23505' : index)),
      );
    }),
  );
});

it('a lone call is a batch of its own at once, and calls made meanwhile are the next one', async () => {
  const gate = Promise.withResolvers<void>();
  const { batches, verb } = recorded<number>(async (items) => {
    await gate.promise;
    return items;
  });
  const call = coalesce(verb);
  const first = call(1);
  await Promise.resolve();
  await Promise.resolve();
  const others = [2, 3, 4].map(call);
  gate.resolve();
  await Promise.all([first, ...others]);
  expect(batches).toEqual([[1], [2, 3, 4]]);
});

it('items that could not be taken join the next batch, and those called later are not held up by them', async () => {
  const refusals = new Map([
    [1, 3],
    [2, 3],
  ]);
  const { batches, verb } = recorded<number>(async (items) =>
    items.map((item) => {
      const left = refusals.get(item) ?? 0;
      refusals.set(item, left - 1);
      return left > 0 ? AGAIN : item;
    }),
  );
  const call = coalesce(verb, 2);
  const done: number[] = [];
  await Promise.all([1, 2, 3, 4].map(async (item) => done.push(await call(item))));
  expect(done).toEqual([3, 4, 1, 2]);
  expect(batches[0]).toEqual([1, 2]);
});

it('lock conflicts repeat the whole batch, and say that it is a rerun', async () => {
  for (const code of ['40001', '40P01', '55P03']) {
    const reruns: boolean[] = [];
    const call = coalesce<number, number>(async (items, rerun) => {
      reruns.push(rerun);
      if (reruns.length < 4) throw coded(code);
      return items;
    });
    expect(await Promise.all([1, 2].map(call))).toEqual([1, 2]);
    expect(reruns).toEqual([false, true, true, true]);
  }
});

it('conflicts that do not end make every item unavailable', async () => {
  const call = coalesce<number, number>(async () => {
    throw coded('55P03');
  });
  expect(await settled([1, 2].map(call))).toEqual(['unavailable', 'unavailable']);
});

it('a conflict that one item meets again and again fails that one alone', async () => {
  const call = coalesce<number, number>(async (items) => {
    if (items.includes(3)) throw coded('55P03');
    return items;
  });
  expect(await settled([1, 2, 3, 4].map(call))).toEqual([1, 2, 'unavailable', 4]);
});

it('who comes while another waits for a held row does not wait with it', async () => {
  let held = true;
  const call = coalesce<number, number>(
    async (items) => items.map((item) => (item === 1 && held ? AGAIN : item)) as never,
  );
  const waiting = call(1);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const before = performance.now();
  expect(await call(2)).toBe(2);
  expect(performance.now() - before).toBeLessThan(50);
  held = false;
  expect(await waiting).toBe(1);
});

it('without a database all items are unavailable after a second try, never one by one', async () => {
  const { batches, verb } = recorded<number>(async () => {
    throw new Error('Connection terminated unexpectedly');
  });
  const call = coalesce(verb);
  expect(await settled([1, 2, 3].map(call))).toEqual(['unavailable', 'unavailable', 'unavailable']);
  expect(batches).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

it('an answer lost after the commit is asked again as a rerun, also when the batch is halved then', async () => {
  const log: string[] = [];
  const call = coalesce<number, number>(async (items, rerun) => {
    log.push(`${items.join()} ${rerun}`);
    if (!rerun) throw coded('ECONNRESET');
    if (items.length > 1) throw coded('23505');
    return items;
  });
  expect(await Promise.all([1, 2].map(call))).toEqual([1, 2]);
  expect(log).toEqual(['1,2 false', '1,2 true', '1 true', '2 true']);
});

it('what answers that it is unavailable is not asked item by item', async () => {
  const { batches, verb } = recorded<number>(async () => {
    throw new CodedError('platform-unavailable', 'away');
  });
  expect(await settled([1, 2, 3].map(coalesce(verb)))).toEqual(Array(3).fill('platform-unavailable'));
  expect(batches).toHaveLength(1);
});

it('goes on after any failure, whatever was thrown', async () => {
  for (const thrown of [undefined, null, 'text', new TypeError('a defect'), coded('XX000')]) {
    let failing = true;
    const call = coalesce<number, number>(async (items) => {
      if (failing) throw thrown;
      return items;
    });
    await expect(call(1)).rejects.toBe(thrown);
    failing = false;
    expect(await call(2)).toBe(2);
  }
});

it('every way to lose a database is a lost connection, and nothing else is', () => {
  const lost = [
    '57P01',
    '57P02',
    '57P03',
    '57014',
    '08006',
    '08P01',
    '53300',
    '58030',
    '25P03',
    '25006',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ERR_STREAM_DESTROYED',
  ].map((code) => coded(code));
  const said = [
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Cannot use a pool after calling end on the pool',
    'Client was closed and is not queryable',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ].map((message) => new Error(message));
  for (const error of [...lost, ...said])
    expect(
      [error.message, (error as { code?: string }).code, classify(error)].at(-1),
      `${error.message} ${(error as { code?: string }).code}`,
    ).toBe('connection');
  expect(['22P02', '23505'].map((code) => classify(coded(code)))).toEqual(['data', 'data']);
  const others = [
    coded('42P01'),
    coded('XX000'),
    new TypeError('x is not a function'),
    new CodedError('not-found', 'no connection'),
    undefined,
  ];
  expect(others.map(classify)).toEqual(others.map(() => 'other'));
});

it('a transaction of its own is repeated after conflicts, not after a lost connection: it may have committed', async () => {
  let tries = 0;
  const after = (error: Error) =>
    repeatConflicts(async () => {
      tries += 1;
      if (tries < 3) throw error;
      return tries;
    });
  expect(await after(coded('40P01'))).toBe(3);
  tries = 0;
  await expect(after(coded('57P01'))).rejects.toMatchObject({ code: 'unavailable' });
  expect(tries).toBe(1);
});
