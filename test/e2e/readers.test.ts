import { appendEvents } from '@qvara/store/events';
import { transact } from '@qvara/store/sql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

describe.each(backendsFor('readers'))(`readers of the event log on %s queues (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;

  beforeAll(async () => {
    stack = await startStack({ backend });
    api = await stack.client();
    await addContainers(api, [{ id: '100001', capacity: 999 }]);
  });
  afterAll(() => stack.stop());

  it('miss no number while one transaction is held open and another commits late', async () => {
    const seen: number[] = [];
    const reading = new AbortController();
    const reader = (async () => {
      while (!reading.signal.aborted) {
        const page = await api.events(`after=${seen.at(-1) ?? 0}`);
        seen.push(...page.map(({ data }) => data.sequence));
      }
    })();
    const idle = new pg.Client({ connectionString: stack.database.url });
    await idle.connect();
    await idle.query('begin');
    await idle.query('select txid_current()');
    const late = transact(stack.ledger.pool, async (sql) => {
      const about = { client_id: 'cli_late', customer_id: null, job_id: null, job_last: null, common: {} };
      await appendEvents(sql, [{ ...about, told: [{ name: 'porting-pin.revealed' }] }]);
      await sql.query('select pg_sleep(1.5)');
    });
    const jobs = await Promise.all(Array.from({ length: 20 }, () => api.post(provisioning())));
    await late;
    await Promise.all(jobs.map(({ id }) => api.ended(id)));
    await idle.query('rollback');
    await idle.end();
    const { rows } = await stack.ledger.pool.query(
      'select count(*)::int as events, max(sequence)::int as last from events',
    );
    reading.abort();
    await reader;
    while (seen.at(-1) !== rows[0].last)
      seen.push(...(await api.events(`after=${seen.at(-1)}`)).map(({ data }) => data.sequence));
    expect(rows[0].events).toBe(rows[0].last);
    expect(seen).toEqual(Array.from({ length: rows[0].last }, (_, index) => index + 1));
  });
});
