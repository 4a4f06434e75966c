import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';
import { createCaller } from './caller.ts';
import { createChance } from './chance.ts';
import { DEFECTS, type Defect, firstDelivered, received, withoutFirst } from './defects.ts';
import { loadEvidence } from './evidence.ts';
import { createImporter, IMPORT_REGION, type Importer } from './import-load.ts';
import type { Accepted } from './load-log.ts';
import { settleDeliveries } from './settle-deliveries.ts';
import { type Subscriber, subscribe } from './subscriber.ts';
import { COUNTERS, type CounterName, judge } from './verdict.ts';

describe('the counters of the proof', () => {
  let stack: Stack;
  let ledger: pg.Client;
  let platform: pg.Client;
  let subscriber: Subscriber;
  let importer: Importer;
  const accepted: Accepted[] = [];

  beforeAll(async () => {
    stack = await startStack({ backend: 'postgres', env: { WEBHOOK_ALLOW: '127.0.0.1/32' } });
    const api = await stack.client();
    await addContainers(api, [
      { id: '100001', capacity: 10 },
      { id: '100002', capacity: 900, region: IMPORT_REGION },
    ]);
    const chance = createChance(1);
    const urls = stack.intakes.map(({ url }) => url);
    const caller = createCaller({ urls, apiKey: api.key, chance, heard: () => undefined });
    subscriber = await subscribe({ caller, chance, names: null, troubled: false });
    await Promise.all([0, 1, 2].map((index) => liveThrough(api, index)));
    const { key } = await stack.client();
    importer = createImporter(createCaller({ urls, apiKey: key, chance, heard: () => undefined }), chance);
    await importOne();
    ledger = new pg.Client({ connectionString: stack.database.url });
    platform = new pg.Client({ connectionString: stack.database.sandboxUrl });
    await Promise.all([ledger.connect(), platform.connect()]);
    expect(await settleDeliveries({ ledger: stack.ledger.pool }, [subscriber])).toBe(true);
  });
  afterAll(async () => {
    await subscriber.close();
    await Promise.all([ledger.end(), platform.end()]);
    await stack.stop();
  });

  async function importOne(): Promise<void> {
    const over = new AbortController();
    const work = importer.work(over.signal);
    await eventually(() => importer.sent.length > 0);
    over.abort();
    await work;
    expect(await importer.settle()).toBe(true);
  }

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
      const subscriptions = [subscriber.subscription];
      const { sent, wrong: sums } = importer;
      const evidence = await loadEvidence({ ledger, platform, accepted, seen, subscriptions, sent, sums });
      return judge({ ...evidence, ...memory?.(evidence) });
    } finally {
      await Promise.all([ledger.query('rollback'), platform.query('rollback')]);
    }
  }

  it('are all zero when all is well', async () => {
    const verdict = await findAfter({});
    expect(verdict).toEqual(Object.fromEntries(Object.keys(COUNTERS).map((name) => [name, []])));
  });

  it('count no event that is listed as given up with its tries', async () => {
    const verdict = await findAfter({
      ledger: `update deliveries set state = 'failed' where sequence = ${firstDelivered}`,
      memory: received(withoutFirst),
    });
    expect(verdict.undelivered).toEqual([]);
  });

  const cases = Object.entries(DEFECTS).flatMap(([counter, defects]) =>
    defects.map(({ name, ...defect }) => ({ counter: counter as CounterName, name, defect })),
  );

  it.each(cases)('$counter: $name', async ({ counter, defect }) => {
    const verdict = await findAfter(defect);
    expect(verdict[counter].length).toBeGreaterThan(0);
  });
});
