import { randomBytes } from 'node:crypto';
import { randomDigits, type Sealer, sealer } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { acceptJobs, addContainers } from './accepted.ts';
import { type Clock, openClock } from './clock.ts';
import { provisionSql } from './floor-sql.ts';
import { prepareAppend } from './numbering.ts';
import { openPool } from './pool.ts';
import { CONCURRENCY, type Provisioner, type ProvisionerPlan } from './provisioner.ts';
import {
  countEvents,
  NO_CHOICE,
  newSteps,
  resultOf,
  type Seat,
  STEPS,
  type Subject,
  stepEvents,
  stepsAfter,
} from './story.ts';
import { openTenants, type Tenants } from './tenants.ts';

export type FloorPlan = ProvisionerPlan & {
  /** Customers in one transaction, 100 at most. */
  readonly batch: number;
  /** Whether the driver is called too, for a batch at a time. Default: no, a floor writes the ledger only. */
  readonly callsDriver?: boolean;
};

type Placed = Subject & Seat;

const PIN_DIGITS = 10;

/** Hand-written SQL that knows beforehand where each customer goes, asks nothing and repeats nothing. */
export async function openFloor(plan: FloorPlan): Promise<Provisioner> {
  const { ledgerUrl, platformUrl, batch, concurrency = CONCURRENCY } = plan;
  const ledger = openPool(ledgerUrl, concurrency);
  const tenants = plan.callsDriver === true ? openTenants(platformUrl, concurrency) : null;
  const append = await prepareAppend(ledger, plan.numbering);
  const statement = { name: 'provision', text: provisionSql(append) };
  const secrets = sealer([randomBytes(32)]);
  let batches: Placed[][] = [];

  async function carryOut(clock: Clock): Promise<void> {
    for (let some = batches.pop(); some !== undefined; some = batches.pop()) {
      const placed = some;
      await clock.time(async () => {
        if (tenants !== null) await callDriver(tenants, placed);
        const { rowCount } = await ledger.query({ ...statement, values: valuesOf(placed, secrets) });
        if (rowCount !== 1) throw new Error('a statement did not write the rows it was to write');
      }, placed.length);
    }
  }

  return {
    name: batch === 1 ? 'floor-single' : 'floor-batched',
    async accept(jobs) {
      const subjects = await acceptJobs(ledger, append, jobs);
      const containers = await addContainers(ledger, jobs);
      batches = Array.from({ length: Math.ceil(jobs / batch) }, (_, index) => {
        // Neighbours go to different containers: none waits for another's counter.
        const container = containers[index % containers.length] as (typeof containers)[number];
        const taken = Math.floor(index / containers.length) * batch;
        const own = subjects.slice(index * batch, (index + 1) * batch);
        return own.map((subject, at) => ({
          ...subject,
          ...container,
          number: String(taken + at + 1).padStart(3, '0'),
        }));
      });
    },
    async run() {
      // Opens every connection before the clock runs.
      await Promise.all(Array.from({ length: concurrency }, () => ledger.query('select')));
      const clock = openClock(batches.flat().length);
      await Promise.all(Array.from({ length: concurrency }, () => carryOut(clock)));
      return await clock.finished;
    },
    async close() {
      await Promise.all([ledger.end(), tenants?.close()]);
    },
  };
}

async function callDriver(tenants: Tenants, placed: readonly Placed[]): Promise<void> {
  await tenants.create(placed);
  await tenants.configure(placed);
  await tenants.verify(placed);
  await tenants.activate(placed);
}

function valuesOf(placed: readonly Placed[], secrets: Sealer): unknown[] {
  const now = new Date().toISOString();
  const steps = JSON.stringify(STEPS.reduce((before, step) => stepsAfter(before, step, now), newSteps()));
  return [
    placed.map(({ jobId }) => jobId),
    placed.map(({ customerId }) => customerId),
    placed.map(({ containerId }) => containerId),
    placed.map(({ number }) => number),
    placed.map(() => newId('sit')),
    placed.map(({ customerId }) => secrets.seal(randomDigits(PIN_DIGITS), customerId)),
    placed.map(() => steps),
    placed.map((seat) => JSON.stringify(resultOf(seat))),
    JSON.stringify(placed.flatMap(eventsOf)),
  ];
}

function eventsOf(placed: Placed) {
  let before = 1;
  return STEPS.flatMap((step) => {
    const events = stepEvents(placed, step, { seat: placed, choice: NO_CHOICE, before });
    before += countEvents(events);
    return events;
  });
}
