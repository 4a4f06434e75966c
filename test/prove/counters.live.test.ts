import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';
import { type Evidence, loadEvidence } from './evidence.ts';
import type { Accepted } from './load-log.ts';
import { COUNTERS, type CounterName, judge } from './verdict.ts';

/** A defect: what is done to the ledger, to the platform's database, or to what load and reader remember. */
type Defect = {
  readonly name: string;
  readonly ledger?: string;
  readonly platform?: string;
  readonly memory?: (evidence: Evidence) => Partial<Evidence>;
};

const newest = 'where sequence = (select max(sequence) from events)';
const firstJob = "where id = (select min(id) from jobs where type = 'customer.provision')";
const effect = 'insert into effects (effect, value, container_id, number, customer_id, job_id, claim_no)';

const DEFECTS: Readonly<Record<CounterName, readonly Defect[]>> = {
  lost: [
    { name: 'a job is gone', ledger: `delete from jobs ${firstJob}` },
    { name: 'a job never ended', ledger: `update jobs set state = 'running', finished_at = null ${firstJob}` },
    { name: 'a job is held for no reason', ledger: `update jobs set state = 'held', held = null ${firstJob}` },
  ],
  repeated: [
    {
      name: 'a second tenant',
      platform: `${effect} select 'created', null, container_id, number + 500, customer_id, job_id, claim_no + 1000
                 from effects where effect = 'created' limit 1`,
    },
    {
      name: 'a second removal',
      platform: `${effect} select effect, value, container_id, number, customer_id, job_id, claim_no from effects
                 where effect = 'removed' limit 1`,
    },
    {
      name: 'a second configuration by one job',
      platform: `${effect} select effect, value, container_id, number, customer_id, job_id, claim_no from effects
                 where effect = 'configured' limit 1`,
    },
    {
      name: 'a second activation in the events',
      ledger: `insert into events select sequence + 1000, name, client_id, customer_id, job_id, job_sequence + 1000, occurred_at, data
               from events where name = 'tenant.activated' limit 1`,
    },
    {
      name: 'a request that made two jobs',
      memory: ({ accepted }) => ({
        accepted: [...accepted, { ...(accepted[0] as Accepted), jobId: accepted[1]?.jobId as string }],
      }),
    },
  ],
  'out of order': [
    {
      name: 'a late effect of an earlier run',
      platform: `${effect} select 'service', 'late', container_id, number, customer_id, job_id, claim_no from effects
                 order by id limit 1`,
    },
    {
      name: 'a late call of an earlier run',
      platform: `insert into calls (verb, container_id, number, customer_id, job_id, claim_no, outcome)
                 select verb, container_id, number, customer_id, job_id, claim_no, outcome from calls order by id limit 1`,
    },
    { name: 'jobs that ran against their turns', ledger: `update jobs set turn = 99 ${firstJob}` },
  ],
  gaps: [
    { name: 'a number is missing', ledger: 'delete from events where sequence = 5' },
    { name: 'the first number is missing', ledger: 'delete from events where sequence = 1' },
    { name: 'the end of a job is missing', ledger: `delete from events ${newest}` },
    { name: 'a number within a job is missing', ledger: `update events set job_sequence = 999 ${newest}` },
    {
      name: 'an event tells another end',
      ledger: `update events set data = jsonb_set(data, '{state}', '"failed"') ${newest}`,
    },
    { name: 'a job ended as its events do not say', ledger: `update jobs set state = 'cancelled' ${firstJob}` },
    { name: 'the reader missed a number', memory: ({ seen }) => ({ seen: new Map([...(seen ?? [])].slice(1)) }) },
    { name: 'the reader saw a number twice', memory: ({ seen }) => ({ seen: new Map(seen).set(3, 2) }) },
    { name: 'the reader saw what is not there', memory: ({ seen }) => ({ seen: new Map(seen).set(1e6, 1) }) },
  ],
  leaked: [
    {
      name: 'a seat without a tenant',
      ledger: `insert into seats (container_id, number, customer_id, state, tenant_state)
               values ('100001', '777', 'cus_nobody', 'taken', 'active')`,
    },
    { name: 'a tenant without a seat', ledger: 'delete from seats where customer_id is not null' },
    { name: 'a tenant that is gone', platform: 'update tenants set removed = true' },
    { name: 'a container over capacity', ledger: 'update containers set capacity = 1' },
    { name: 'a container that counts wrong', ledger: 'update containers set seats = seats + 1' },
    {
      name: 'a number given out twice',
      platform: `${effect} select effect, value, container_id, number, 'cus_other', job_id, claim_no from effects
                 where effect = 'created' limit 1`,
    },
    { name: 'a customer out of service with a seat', ledger: "update customers set service_status = 'disconnected'" },
    { name: 'a place in a window not given back', ledger: 'update bell_windows set outstanding = outstanding + 1' },
  ],
};

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
