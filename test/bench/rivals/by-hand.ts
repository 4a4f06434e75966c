import { randomBytes } from 'node:crypto';
import { randomDigits, sealer } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { acceptJobs, addContainers } from './accepted.ts';
import { openClock } from './clock.ts';
import { callDriver } from './handler.ts';
import { prepareAppend } from './numbering.ts';
import { openPool } from './pool.ts';
import type { Provisioner, ProvisionerPlan } from './provisioner.ts';
import {
  countEvents,
  NO_CHOICE,
  newSteps,
  type ProvisionStep,
  resultOf,
  type Seat,
  STEPS,
  type Subject,
  stepEvents,
  stepsAfter,
  TENANT_STATES,
} from './story.ts';
import { openTenants } from './tenants.ts';

type Placed = Subject & Seat;
/** A statement by the name under which its plan is kept. */
type Statement = { readonly name: string; readonly text: string; readonly values: readonly unknown[] };

const PIN_DIGITS = 10;

/**
 * The commits that a provisioning needs, one after the other for one customer at a time: each step's driver call, then
 * one hand-written transaction in one round trip. Nobody who records every step before the next can take less time.
 */
export async function openByHand(plan: ProvisionerPlan): Promise<Provisioner> {
  const ledger = openPool(plan.ledgerUrl, 1, { pipeline: true });
  const tenants = openTenants(plan.platformUrl, 1);
  const append = await prepareAppend(ledger, plan.numbering);
  const secrets = sealer([randomBytes(32)]);
  let accepted: Placed[] = [];

  async function commit(statements: readonly Statement[]): Promise<void> {
    const connection = await ledger.connect();
    try {
      const asked = statements.map((statement) => connection.query({ ...statement, values: [...statement.values] }));
      const [, ...answers] = await Promise.all([connection.query('begin'), ...asked, connection.query('commit')]);
      if (answers.some(({ rowCount, command }) => rowCount === 0 && command === 'UPDATE'))
        throw new Error('a statement did not write the row it was to write');
    } finally {
      connection.release();
    }
  }

  async function provision(placed: Placed): Promise<void> {
    let steps = newSteps();
    let before = 1;
    for (const step of STEPS) {
      if (step !== STEPS[0]) await callDriver(tenants, step, placed);
      steps = stepsAfter(steps, step, new Date().toISOString());
      const events = stepEvents(placed, step, { seat: placed, choice: NO_CHOICE, before });
      before += countEvents(events);
      const pin = secrets.seal(randomDigits(PIN_DIGITS), placed.customerId);
      await commit([
        jobAfter(placed, { step, steps: JSON.stringify(steps), count: before }),
        ...writesOf(step, placed, pin),
        { name: 'append', text: `select ${append}($1)`, values: [JSON.stringify(events)] },
      ]);
    }
  }

  return {
    name: 'by-hand',
    async accept(jobs) {
      const subjects = await acceptJobs(ledger, append, jobs);
      const containers = await addContainers(ledger, jobs);
      accepted = subjects.map((subject, index) => ({
        ...subject,
        ...(containers[index % containers.length] as (typeof containers)[number]),
        number: String(Math.floor(index / containers.length) + 1).padStart(3, '0'),
      }));
    },
    async run() {
      const clock = openClock(accepted.length);
      for (const placed of accepted) await clock.time(() => provision(placed));
      return await clock.finished;
    },
    async close() {
      await Promise.all([ledger.end(), tenants.close()]);
    },
  };
}

function jobAfter(placed: Placed, after: { step: ProvisionStep; steps: string; count: number }): Statement {
  const values = [placed.jobId, after.steps, after.count];
  if (after.step !== 'activate-tenant') return { name: 'advance', text: ADVANCE, values };
  return { name: 'end', text: END, values: [...values, JSON.stringify(resultOf(placed))] };
}

const ADVANCE = `update jobs set steps = $2, event_count = $3, state = 'running', claim_no = 1, write_no = write_no + 1,
  started_at = coalesce(started_at, clock_timestamp()), begun_at = coalesce(begun_at, clock_timestamp()) where id = $1`;
const END = `update jobs set steps = $2, event_count = $3, state = 'completed', result = $4, cancellable = false,
  write_no = write_no + 1, finished_at = clock_timestamp() where id = $1`;

/** What a step writes beside the job and its events. */
function writesOf(step: ProvisionStep, placed: Placed, pin: string): Statement[] {
  const { containerId, number, customerId, jobId } = placed;
  if (step === 'reserve-seat')
    return [
      { name: 'take', text: TAKE_SEAT, values: [containerId, number, customerId, jobId] },
      { name: 'count', text: 'update containers set seats = seats + 1 where id = $1', values: [containerId] },
    ];
  if (step === 'create-site') return [{ name: 'site', text: ADD_SITE, values: [newId('sit'), customerId] }];
  const seat = { name: 'seat', text: CHANGE_SEAT, values: [containerId, number, TENANT_STATES[step]] };
  if (step !== 'activate-tenant') return [seat];
  return [seat, { name: 'activate', text: ACTIVATE, values: [customerId, pin] }];
}

const TAKE_SEAT = `insert into seats (container_id, number, customer_id, job_id, state, tenant_state, tenant_started)
  values ($1, $2, $3, $4, 'taken', 'reserved', false)`;
const CHANGE_SEAT = 'update seats set tenant_state = $3, tenant_started = true where container_id = $1 and number = $2';
const ADD_SITE = `insert into sites (id, customer_id, name, created_at) values ($1, $2, 'Main', clock_timestamp())`;
const ACTIVATE = `update customers set service_status = 'active', version = 2, porting_pin = $2,
  porting_pin_at = clock_timestamp(), activated_at = clock_timestamp(), updated_at = clock_timestamp() where id = $1`;
