import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';
import { DEFECTS, type Defect } from './defects.ts';
import { loadEvidence } from './evidence.ts';
import type { Accepted } from './load-log.ts';
import { COUNTERS, type CounterName, judge } from './verdict.ts';

describe('the counters of the proof', () => {
  let stack: Stack;
  let ledger: pg.Client;
  let platform: pg.Client;
  const accepted: Accepted[] = [];

  beforeAll(async () => {
    stack = await startStack({ backend: 'postgres' });
    const api = await stack.client();
    await addContainers(api, [{ id: '100001', capacity: 10 }]);
    await Promise.all([0, 1, 2].map((index) => liveThrough(api, index)));
    ledger = new pg.Client({ connectionString: stack.database.url });
    platform = new pg.Client({ connectionString: stack.database.sandboxUrl });
    await Promise.all([ledger.connect(), platform.connect()]);
  });
  afterAll(async () => {
    await Promise.all([ledger.end(), platform.end()]);
    await stack.stop();
  });

  /** The jobs of one customer; the last of them is disconnected. */
  async function liveThrough(api: Api, index: number): Promise<void> {
    const provision = await api.post(provisioning());
    const { customerId } = provision;
    const target = { customerId };
    const changes = [
      await api.post({ ...target, type: 'retention.update', payload: { sms: 365 } }),
      await api.post({ ...target, type: 'customer.suspend', payload: { holder: 'billing', reason: 'unpaid' } }),
      ...(index === 2 ? [await api.post({ ...target, type: 'customer.disconnect', payload: { reason: 'left' } })] : []),
    ];
    for (const { id, type } of [provision, ...changes]) {
      accepted.push({ key: id, jobId: id, type });
      expect((await api.ended(id)).state).toBe('completed');
    }
  }

  /** What the counters find once the defect is there; the databases stay as they were. */
  async function findAfter({ ledger: onLedger, platform: onPlatform, memory }: Omit<Defect, 'name'>) {
    await Promise.all([ledger.query('begin'), platform.query('begin')]);
    try {
      if (onLedger) expect((await ledger.query(onLedger)).rowCount).toBeGreaterThan(0);
      if (onPlatform) expect((await platform.query(onPlatform)).rowCount).toBeGreaterThan(0);
      const { rows } = await stack.ledger.pool.query('select sequence::int as sequence from events');
      const seen = new Map(rows.map(({ sequence }) => [sequence as number, 1]));
      const evidence = await loadEvidence({ ledger, platform, accepted, seen });
      return judge({ ...evidence, ...memory?.(evidence) });
    } finally {
      await Promise.all([ledger.query('rollback'), platform.query('rollback')]);
    }
  }

  it('are all zero when all is well', async () => {
    const verdict = await findAfter({});
    expect(verdict).toEqual(Object.fromEntries(Object.keys(COUNTERS).map((name) => [name, []])));
  });

  const cases = Object.entries(DEFECTS).flatMap(([counter, defects]) =>
    defects.map(({ name, ...defect }) => ({ counter: counter as CounterName, name, defect })),
  );

  it.each(cases)('$counter: $name', async ({ counter, defect }) => {
    const verdict = await findAfter(defect);
    expect(verdict[counter].length).toBeGreaterThan(0);
  });
});
