import { randomBytes } from 'node:crypto';
import { type EntityManager, LockMode, raw } from '@mikro-orm/postgresql';
import { randomDigits, sealer } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import type pg from 'pg';
import { Container, Customer, Job, Seat, Site } from './entities.ts';
import { prepareAppend } from './numbering.ts';
import { openOrm } from './orm.ts';
import { openPool } from './pool.ts';
import type { ProvisionerPlan } from './provisioner.ts';
import {
  countEvents,
  type ProvisionStep,
  resultOf,
  type Seat as SeatView,
  STEPS,
  type Subject,
  stepEvents,
  stepsAfter,
  TENANT_STATES,
} from './story.ts';
import { openTenants, type Tenants } from './tenants.ts';

/** What plain, pg-boss and graphile-worker have in common: all but the queue. */
export type Handling = {
  readonly ledger: pg.Pool;
  readonly append: string;
  /** Provisions the customer of a job: one transaction for each step, the driver called between them for one tenant. */
  handle(jobId: string): Promise<void>;
  close(): Promise<void>;
};

const PIN_DIGITS = 10;

/** Opens a connection to ledger and platform for every job that runs at once. */
export async function openHandling(plan: ProvisionerPlan, concurrency: number): Promise<Handling> {
  const ledger = openPool(plan.ledgerUrl, 1);
  const append = await prepareAppend(ledger, plan.numbering);
  const orm = await openOrm(plan.ledgerUrl, concurrency);
  const tenants = openTenants(plan.platformUrl, concurrency);
  const secrets = sealer([randomBytes(32)]);
  const newPin = (customerId: string) => secrets.seal(randomDigits(PIN_DIGITS), customerId);
  return {
    ledger,
    append,
    async handle(jobId) {
      const em = orm.em.fork();
      const job = await em.findOneOrFail(Job, { id: jobId });
      const { clientId, customerId } = job;
      await em.findOneOrFail(Customer, { id: customerId });
      const subject = { jobId, clientId, customerId };
      let seat = job.steps[0]?.[1] === 'succeeded' ? await findSeat(em, customerId) : null;
      for (const step of STEPS.filter((_, index) => job.steps[index]?.[1] !== 'succeeded')) {
        if (seat !== null) await callDriver(tenants, step, { ...subject, ...seat });
        seat = await em.transactional((tx) => record(tx, { subject, step, seat, append, newPin }));
      }
    },
    async close() {
      await Promise.all([orm.close(), tenants.close(), ledger.end()]);
    },
  };
}

async function findSeat(em: EntityManager, customerId: string): Promise<SeatView> {
  const seat = await em.findOneOrFail(Seat, { customerId });
  const container = await em.findOneOrFail(Container, { id: seat.containerId });
  return { containerId: seat.containerId, containerLabel: container.label, number: seat.number };
}

/** Calls the driver for what a step does on the platform, if anything. */
export async function callDriver(tenants: Tenants, step: ProvisionStep, tenant: Subject & SeatView): Promise<void> {
  if (step === 'create-tenant') await tenants.create([tenant]);
  if (step === 'apply-settings') await tenants.configure([tenant]);
  if (step === 'verify-tenant') await tenants.verify([tenant]);
  if (step === 'activate-tenant') await tenants.activate([tenant]);
}

type StepRun = {
  readonly subject: Subject;
  readonly step: ProvisionStep;
  readonly seat: SeatView | null;
  readonly append: string;
  readonly newPin: (customerId: string) => string;
};

/** Writes what a step has done, with its events, in the transaction that is open. Answers the customer's seat. */
async function record(tx: EntityManager, run: StepRun): Promise<SeatView> {
  const { subject, step, append } = run;
  // The job and its customer were loaded before: neither is asked for again.
  const job = await tx.findOneOrFail(Job, { id: subject.jobId });
  const { seat, choice } = run.seat === null ? await takeSeat(tx, subject) : { seat: run.seat, choice: '' };
  const now = new Date();
  const events = stepEvents(subject, step, { seat, choice, before: job.eventCount });
  job.steps = stepsAfter(job.steps, step, now.toISOString());
  job.eventCount += countEvents(events);
  job.state = 'running';
  job.startedAt ??= now;
  job.begunAt ??= now;
  await changeSeat(tx, step, seat);
  if (step === 'create-site')
    tx.create(Site, { id: newId('sit'), customerId: subject.customerId, name: 'Main', createdAt: now });
  if (step === 'activate-tenant') {
    Object.assign(job, { state: 'completed', finishedAt: now, result: resultOf(seat), cancellable: false });
    const customer = await tx.findOneOrFail(Customer, { id: subject.customerId });
    const pin = { portingPin: run.newPin(customer.id), portingPinAt: now };
    Object.assign(customer, {
      serviceStatus: 'active',
      version: customer.version + 1,
      activatedAt: now,
      updatedAt: now,
      ...pin,
    });
  }
  await tx.flush();
  // Last, since its lock is held to the commit.
  await tx.execute(`select ${append}(?::jsonb)`, [JSON.stringify(events)]);
  return seat;
}

async function changeSeat(tx: EntityManager, step: ProvisionStep, { containerId, number }: SeatView): Promise<void> {
  if (step === 'reserve-seat') return;
  const seat = await tx.findOneOrFail(Seat, { containerId, number });
  seat.tenantState = TENANT_STATES[step];
  seat.tenantStarted = true;
}

/** Takes the next number of the container with the most room, whose row is locked meanwhile. */
async function takeSeat(
  tx: EntityManager,
  { jobId, customerId }: Subject,
): Promise<{ seat: SeatView; choice: string }> {
  const container = await tx.findOneOrFail(
    Container,
    { state: 'online', [raw('capacity - seats')]: { $gt: 0 } },
    { orderBy: [{ [raw('capacity - seats')]: 'desc' }, { id: 'asc' }], lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  const [{ number }] = await tx.execute<[{ number: string }]>(
    `select to_char(coalesce(max(number), '0')::int + 1, 'FM000') as number from seats where container_id = ?`,
    [container.id],
  );
  const choice = `most head-room in any region: ${container.capacity - container.seats} of ${container.capacity} seats free, 1 with room`;
  container.seats += 1;
  const own = { containerId: container.id, number };
  tx.create(Seat, { ...own, customerId, jobId, state: 'taken', tenantState: 'reserved', tenantStarted: false });
  return { seat: { ...own, containerLabel: container.label }, choice };
}
