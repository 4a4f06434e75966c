import type { JobAnswer } from '@qvara/contracts/job-answer';
import { JOBS } from '@qvara/contracts/jobs';
import type { StepName } from '@qvara/contracts/steps';
import { scriptFault } from '@qvara/platform/sandbox-scripts';
import pg from 'pg';
import { expect } from 'vitest';
import type { Slot } from '../prove/slot.ts';
import type { World } from '../prove/world.ts';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { addContainers } from '../support/stack.ts';
import type { Scene } from './scene.ts';

/** The steps of a provisioning that are kept by the platform, each by the verb that it calls. */
export const CALLS = {
  'create-tenant': 'ensureTenants',
  'apply-settings': 'configureTenants',
  'verify-tenant': 'observeTenants',
  'activate-tenant': 'setService',
} as const satisfies Partial<Record<StepName, string>>;

/** The steps that are kept by the ledger, each by what it has to wait for. */
const LOCKS = {
  'create-site': 'lock table sites in share mode',
  'reserve-seat': 'select pg_advisory_xact_lock(7811, 2)',
} as const satisfies Partial<Record<StepName, string>>;

export type StepWithCall = keyof typeof CALLS;
const STEPS_WITH_CALL = Object.keys(CALLS) as StepWithCall[];
const STEPS_WITH_LOCK = Object.keys(LOCKS) as (keyof typeof LOCKS)[];

/** A job in the middle of a step. */
type Held = { readonly step: StepName; readonly job: JobAnswer };

let containers = 200_000;

/** A region with one container of its own. */
export async function newPlace(scene: Scene): Promise<{ containerId: string; region: string }> {
  const containerId = String(++containers);
  const region = `r${containerId}`;
  await addContainers(scene.api, [{ id: containerId, capacity: 10, region }]);
  return { containerId, region };
}

/** A provisioning for each step with a call, in the middle of its one slow call to the platform. */
export async function holdInCalls(scene: Scene, slowMs: number): Promise<Held[]> {
  return await Promise.all(
    STEPS_WITH_CALL.map(async (step) => {
      const { containerId, region } = await newPlace(scene);
      const script = { containerId, verb: CALLS[step], behaviour: 'latency', latencyMs: slowMs, times: 1 } as const;
      await scriptFault(scene.world.platform, script);
      const job = await scene.insist(provisioning({ region }));
      await eventually(() => isTaken(scene.world, containerId), { describe: `the call of ${step} is under way` });
      return { step, job };
    }),
  );
}

/** Whether all that was scripted for a container has met its calls. */
async function isTaken({ platform }: World, containerId: string): Promise<boolean> {
  const { rows } = await platform.query('select from scripts where container_id = $1 and remaining > 0', [containerId]);
  return rows.length === 0;
}

/** A provisioning for each step without a call, waiting for a lock that is let go by what is answered. */
async function holdInLocks(scene: Scene): Promise<{ held: Held[]; letGo: () => Promise<void> }> {
  const held: Held[] = [];
  const places = await Promise.all(STEPS_WITH_LOCK.map(() => newPlace(scene)));
  const client = new pg.Client({ connectionString: scene.world.ledgerUrl });
  // When a test fails before it lets go, the server ends first.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  for (const [index, step] of STEPS_WITH_LOCK.entries()) {
    await client.query(LOCKS[step]);
    const job = await scene.insist(provisioning({ region: places[index]?.region }));
    await eventually(() => hasBegun(scene.world, job, step), { describe: `${step} is begun` });
    held.push({ step, job });
  }
  return { held, letGo: () => client.end() };
}

/** Whether the step is under way: one that is written with the step before it, once that has been to the platform. */
async function hasBegun(world: World, { id, customerId }: JobAnswer, step: StepName): Promise<boolean> {
  if (step !== 'create-site') return await isIn(world, id, step);
  return (await effectsOf({ world }, customerId)).includes('configured');
}

/** Whether the job's step is under way, as the ledger has it. */
async function isIn({ ledger }: World, jobId: string, step: StepName): Promise<boolean> {
  const { rows } = await ledger.query(
    `select from jobs, jsonb_array_elements(steps) as s where id = $1 and state = 'running'
       and s ->> 0 = $2 and s ->> 1 in ('running', 'undoing')`,
    [jobId, step],
  );
  return rows.length > 0;
}

/** Lets the first worker come to hold jobs while it is alone; the second one is there again afterwards. */
export async function whileAlone<T>(scene: Scene, work: () => Promise<T>) {
  const [holder, heir] = scene.world.workers as [Slot, Slot];
  const free = await heir.take();
  await heir.stop('SIGTERM');
  try {
    return { done: await work(), holder, heir };
  } finally {
    await heir.start();
    free();
  }
}

/** A provisioning in the middle of every step, all held by one worker while another looks on. */
export async function holdInEveryStep(scene: Scene, slowMs: number) {
  const { done, holder, heir } = await whileAlone(scene, async () => {
    const inCalls = await holdInCalls(scene, slowMs);
    const { held, letGo } = await holdInLocks(scene);
    return { held: [...inCalls, ...held], letGo };
  });
  const jobs = done.held.map(({ job }) => job);
  return { ...done, jobs, holder, heir };
}

type Call = { readonly verb: string; readonly outcome: string; readonly at: Date };

/** What was said to the platform by a job, in the order in which it was heard. */
export async function callsOf({ world }: Scene, { id }: JobAnswer): Promise<Call[]> {
  return (await world.platform.query<Call>('select verb, outcome, at from calls where job_id = $1 order by id', [id]))
    .rows;
}

/** How often a job was taken from the worker that ran it, or given back by it. */
export async function timesInterrupted({ world }: Scene, { id }: JobAnswer): Promise<number> {
  const sql = "select from events where job_id = $1 and name = 'job.waiting' and data ->> 'reason' = 'interrupted'";
  return (await world.ledger.query(sql, [id])).rows.length;
}

/** The real changes of a customer's tenants, in their order. */
export async function effectsOf({ world }: Pick<Scene, 'world'>, customerId: string): Promise<string[]> {
  const sql = 'select effect from effects where customer_id = $1 order by id';
  const { rows } = await world.platform.query<{ effect: string }>(sql, [customerId]);
  return rows.map(({ effect }) => effect);
}

/** How many seats of a container are taken. */
export async function seatsIn({ world }: Scene, containerId: string): Promise<number | undefined> {
  const sql = 'select seats from containers where id = $1';
  return (await world.ledger.query<{ seats: number }>(sql, [containerId])).rows[0]?.seats;
}

/** How many tenants the platform has in a container. */
export async function tenantsIn({ world }: Scene, containerId: string): Promise<number> {
  const sql = 'select from tenants where container_id = $1 and not removed';
  return (await world.platform.query(sql, [containerId])).rows.length;
}

/** Finds that a provisioning made its customer active, with each effect once, and told so without a gap. */
export async function expectActiveOnce({ api, world }: Scene, { id, customerId }: JobAnswer): Promise<void> {
  expect((await api.customer(customerId)).serviceStatus).toBe('active');
  expect(await effectsOf({ world }, customerId)).toEqual(['created', 'configured', 'service']);
  const events = await api.events(`jobId=${id}`);
  expect(events.map(({ data }) => data.jobSequence)).toEqual(events.map((_, index) => index + 1));
  const done = events.filter(({ type }) => type === 'qvara.step.succeeded.v1').map(({ data }) => data.step);
  expect(done).toEqual(JOBS['customer.provision'].steps);
  expect(events.at(-1)?.type).toBe('qvara.job.completed.v1');
}
