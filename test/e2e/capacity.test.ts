import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const CUSTOMERS = 221;

describe.each(backendsFor('capacity'))(`capacity on %s queues (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;

  beforeAll(async () => {
    stack = await startStack({ backend, intakes: 2, workers: 2 });
    api = await stack.client();
    await addContainers(
      api,
      ['100001', '100002', '100003'].map((id) => ({ id, capacity: 70 })),
    );
  });
  afterAll(() => stack.stop());

  async function states(): Promise<Record<string, number>> {
    const { rows } = await stack.ledger.pool.query('select state, count(*)::int as jobs from jobs group by state');
    return Object.fromEntries(rows.map(({ state, jobs }) => [state, jobs]));
  }

  it('gives 221 customers at once the 210 seats there are, no number twice, and holds 11', async () => {
    await Promise.all(Array.from({ length: CUSTOMERS }, () => api.post(provisioning())));
    await eventually(async () => (await states()).completed === 210 && (await states()).held === 11, {
      deadlineMs: 60_000,
      describe: '210 are active and 11 held',
    });
    const { rows } = await stack.ledger.pool.query(
      'select container_id, count(*)::int as seats, count(distinct number)::int as numbers from seats group by container_id order by 1',
    );
    expect(rows.map(({ seats, numbers }) => [seats, numbers])).toEqual([
      [70, 70],
      [70, 70],
      [70, 70],
    ]);
    const tenants = await stack.ledger.pool.query(
      `select count(*)::int as n from customers where service_status = 'active'`,
    );
    expect(tenants.rows[0].n).toBe(210);
  });

  it('lets go on as many of the held as fit when head-room appears', async () => {
    await api.call('PATCH', '/v1/containers/100002', { body: { capacity: 75 } });
    await eventually(async () => (await states()).completed === 215, {
      deadlineMs: 30_000,
      describe: 'five more are active',
    });
    expect((await states()).held).toBe(6);
    await addContainers(api, [{ id: '100004', capacity: 999 }]);
    await eventually(async () => (await states()).completed === CUSTOMERS, {
      deadlineMs: 30_000,
      describe: 'all are active',
    });
  });
});
