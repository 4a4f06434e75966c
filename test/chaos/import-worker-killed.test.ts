import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { onDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { customerRows, importing, statesOf, watchingTotals } from '../support/imports.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const ROWS = 1_200;
const KILLS = 4;

const FILE = 'import-worker-killed';

describe.each(backendsFor(FILE))(`imports whose workers are killed, on %s (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;

  beforeAll(async () => {
    stack = await startStack({ backend, workers: 2 });
    api = await stack.client();
    await addContainers(api, [
      { id: '100001', capacity: 999 },
      { id: '100002', capacity: 999 },
    ]);
  });
  afterAll(() => stack?.stop());

  const countOf = async (text: string, values: unknown[] = []): Promise<number> =>
    (await stack.ledger.pool.query(`select count(*)::int as n from (${text}) q`, values)).rows[0].n;

  it('an import goes on to its end, totals exact at every look, every row one customer with one tenant', async () => {
    const files = importing(api, stack.intakes[0]?.url ?? '');
    const { id } = await files.send(customerRows(ROWS, 'killed'));
    const { done, wrong } = await watchingTotals(stack.ledger.pool, id, async () => {
      for (let kill = 1; kill <= KILLS; kill += 1) {
        // In the middle of it: some rows are done since the last time, and some run.
        await eventually(
          async () => {
            const { totals, finishedAt } = await files.read(id);
            return (totals.running > 0 && totals.done >= ((kill - 1) * ROWS) / (2 * KILLS)) || finishedAt !== null;
          },
          { deadlineMs: 60_000 },
        );
        const victim = stack.workers.shift();
        await victim?.kill();
        await stack.startWorker();
      }
      return await files.ended(id, 120_000);
    });
    expect(wrong).toEqual([]);
    expect(done.state).toBe('completed');
    expect(statesOf(done.totals)).toEqual({ pending: 0, running: 0, done: ROWS, failed: 0, skipped: 0 });
    expect(await countOf('select distinct import_row from jobs where import_id = $1', [id])).toBe(ROWS);
    expect(await countOf('select from jobs where import_id = $1', [id])).toBe(ROWS);
    expect(
      await countOf(`select from customers where external_ref like 'killed-%' and service_status = 'active'`),
    ).toBe(ROWS);
    const journal = await onDatabase(stack.database.sandboxUrl, (client) =>
      client.query(
        `select customer_id from effects where effect in ('created', 'service') group by customer_id, effect, value having count(*) > 1`,
      ),
    );
    expect(journal.rows).toEqual([]);
    expect(await countOf('select from event_entries where import_id = $1 and job_id is null', [id])).toBeGreaterThan(1);
  });
});
