import type { EventName } from '@qvara/contracts/events';
import { tenantDomain } from '@qvara/contracts/ids';
import { JOBS } from '@qvara/contracts/jobs';
import { SETTINGS, type Settings } from '@qvara/contracts/settings';
import { type StepName, stepDefinition } from '@qvara/contracts/steps';
import type { PackedStep } from '@qvara/store/packed-steps';
import { SIP_DOMAIN } from './provisioner.ts';

const TYPE = 'customer.provision';
export const STEPS = JOBS[TYPE].steps;
export type ProvisionStep = (typeof STEPS)[number];

export type Seat = { readonly containerId: string; readonly containerLabel: string; readonly number: string };
type TenantState = 'reserved' | 'inactive' | 'active';

/** Events of one step on their way into the log, as the ledger's function takes them. */
export type EventEntry = {
  readonly client_id: string;
  readonly customer_id: string;
  readonly job_id: string;
  readonly job_last: number;
  readonly common: Readonly<Record<string, unknown>>;
  readonly told: readonly Readonly<Record<string, unknown>>[];
};
export type Subject = { readonly jobId: string; readonly clientId: string; readonly customerId: string };
type Told = { readonly name: EventName; readonly step?: StepName; readonly detail?: object };

/** What a step leaves in the log besides its success, as the product tells it. */
const OWN_EVENTS: Readonly<Record<ProvisionStep, readonly EventName[]>> = {
  'reserve-seat': ['container.reserved'],
  'create-tenant': ['tenant.created'],
  'apply-settings': ['tenant.configured'],
  'create-site': [],
  'verify-tenant': ['tenant.verified'],
  'activate-tenant': ['tenant.activated', 'customer.activated', 'porting-pin.generated'],
};

/** The tenant's state that a step leaves. */
export const TENANT_STATES: Readonly<Record<ProvisionStep, TenantState>> = {
  'reserve-seat': 'reserved',
  'create-tenant': 'inactive',
  'apply-settings': 'inactive',
  'create-site': 'inactive',
  'verify-tenant': 'inactive',
  'activate-tenant': 'active',
};

/** Why a seat was chosen, where nobody has chosen. */
export const NO_CHOICE = 'most head-room in any region: 999 of 999 seats free, 1 with room';

/** The settings of a customer who asked for none. */
export function defaultSettings(): Settings {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const { group, field, default: value } of Object.values(SETTINGS)) {
    groups[group] = { ...groups[group], [field]: value };
  }
  return groups as Settings;
}

/** The steps of a job that was accepted just now, as its row holds them. */
export function newSteps(): PackedStep[] {
  return STEPS.map((name) => [name, 'pending', 0]);
}

/** The steps after one has succeeded: the next is running. */
export function stepsAfter(steps: readonly PackedStep[], done: ProvisionStep, now: string): PackedStep[] {
  const index = steps.findIndex(([name]) => name === done);
  return steps.map((step, at) => {
    const [name, , , startedAt = now] = step;
    if (at === index) return [name, 'succeeded', 1, startedAt, now];
    return at === index + 1 ? [name, 'running', 1, startedAt] : step;
  });
}

/** The result of a job whose customer is active. */
export function resultOf({ containerId, containerLabel, number }: Seat) {
  return { version: 2, container: { id: containerId, label: containerLabel }, tenant: { number } };
}

/** The first event of a job. */
export function acceptedEvent(subject: Subject): EventEntry {
  return entry(subject, [{ name: 'job.accepted' }], { last: 1, seat: null });
}

/**
 * The events of a step's end, that of the job with the last one; those of the job's start come with the first.
 * `choice` says how the seat was chosen, `before` how many events the job has.
 */
export function stepEvents(
  subject: Subject,
  step: ProvisionStep,
  { seat, choice, before }: { readonly seat: Seat; readonly choice: string; readonly before: number },
): EventEntry[] {
  const details: Partial<Record<EventName, object>> = {
    'container.reserved': { choice },
    'tenant.configured': { settings: defaultSettings() },
  };
  const next = STEPS[STEPS.indexOf(step) + 1];
  const end: Told =
    next === undefined
      ? { name: 'job.completed', detail: { result: resultOf(seat) } }
      : { name: 'step.started', step: next };
  const seen = { ...seat, state: TENANT_STATES[step] };
  const own = OWN_EVENTS[step].map((name): Told => ({ name, detail: details[name] ?? {} }));
  const told: Told[] = [{ name: 'step.succeeded', step }, ...own, end];
  if (step !== STEPS[0]) return [entry(subject, told, { last: before + told.length, seat: seen })];
  const start: Told[] = [{ name: 'job.started' }, { name: 'step.started', step }];
  const begun = before + start.length;
  return [
    entry(subject, start, { last: begun, seat: null }),
    entry(subject, told, { last: begun + told.length, seat: seen }),
  ];
}

/** How many events these are. */
export function countEvents(entries: readonly EventEntry[]): number {
  return entries.reduce((sum, { told }) => sum + told.length, 0);
}

type Place = { readonly last: number; readonly seat: (Seat & { readonly state: TenantState }) | null };

const STATES: Partial<Record<EventName, string>> = { 'job.accepted': 'accepted', 'job.completed': 'completed' };

function entry(subject: Subject, told: readonly Told[], { last, seat }: Place): EventEntry {
  const { jobId, clientId, customerId } = subject;
  const common = {
    jobType: TYPE,
    container: seat && { id: seat.containerId, label: seat.containerLabel },
    tenant: seat && {
      number: seat.number,
      domain: tenantDomain(seat.containerId, seat.number, SIP_DOMAIN),
      state: seat.state,
    },
  };
  return {
    client_id: clientId,
    customer_id: customerId,
    job_id: jobId,
    job_last: last,
    common,
    told: told.map(toldEvent),
  };
}

function toldEvent({ name, step, detail }: Told) {
  const [noun = ''] = name.split('.');
  const ofCustomer = noun === 'porting-pin' || noun === 'fee';
  return {
    name,
    state: STATES[name] ?? 'running',
    scope: step === undefined ? (ofCustomer ? 'customer' : noun) : stepDefinition(step).scope,
    ...(step !== undefined && { step }),
    ...((step !== undefined || noun === 'job') && { attempt: 1 }),
    ...detail,
  };
}
