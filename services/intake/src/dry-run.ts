import type { PlanAnswer } from '@qvara/contracts/api';
import { CodedError } from '@qvara/contracts/failure';
import type { JobRequest } from '@qvara/contracts/jobs';
import type { SettingsChange } from '@qvara/contracts/settings';
import { changeWarnings } from '@qvara/domain/change-warnings';
import { feesOf } from '@qvara/domain/fees';
import { planSteps } from '@qvara/domain/plan';
import { defaultSettings, lacksEngine, mergeSettings, settingsChangeOf } from '@qvara/domain/settings';
import { previewPlacement } from '@qvara/store/containers';
import { type CustomerRecord, findOwner, loadRecord } from '@qvara/store/customers';
import type { Viewer } from '@qvara/store/viewer';
import { engineRequired } from './check-request.ts';
import { jobRefusal } from './job-refusal.ts';
import type { Parts } from './parts.ts';

type Provision = Extract<JobRequest, { type: 'customer.provision' }>;
type Change = Exclude<JobRequest, Provision>;
type Sources = Pick<Parts, 'ledger' | 'reference'>;

/** Tells what a request would do now: steps, container, fees, warnings. Throws what the request would be refused with. */
export async function dryRun(parts: Sources, viewer: Viewer, request: JobRequest): Promise<PlanAnswer> {
  if (request.type === 'customer.provision') return await planProvision(parts, viewer, request);
  return await planChange(parts, viewer, request);
}

async function planProvision({ ledger, reference }: Sources, viewer: Viewer, request: Provision): Promise<PlanAnswer> {
  const { payload } = request;
  const adopted = await findAdopted(ledger, viewer, request);
  const choice = await previewPlacement(ledger, payload.region ?? null);
  const settings = mergeSettings(defaultSettings(), payload as SettingsChange);
  const warnings: string[] = [];
  if (choice.container === null) warnings.push(`The job would be held for capacity (no-capacity): ${choice.reason}.`);
  if (adopted !== null) warnings.push(`The job would take over customer ${adopted}, whose provisioning failed.`);
  return {
    type: request.type,
    steps: [...planSteps(request.type, payload)],
    customerId: adopted,
    container: choice.container && {
      id: choice.container.id,
      label: choice.container.label,
      region: choice.container.region,
      headRoom: choice.headRoom,
    },
    choice: choice.reason,
    fees: [...feesOf(null, settings, await reference.read())],
    warnings,
  };
}

/** The customer that a provisioning of this reference would take over; null when it would make a new one. */
async function findAdopted(ledger: Parts['ledger'], viewer: Viewer, request: Provision): Promise<string | null> {
  const { externalRef } = request.payload;
  if (externalRef === undefined) return null;
  const owner = await findOwner(ledger, viewer, externalRef);
  if (owner === null || owner.adoptable) return owner?.id ?? null;
  const message = `The externalRef ${JSON.stringify(externalRef)} belongs to customer ${owner.id}.`;
  throw jobRefusal({ code: 'external-ref-taken', message }, request);
}

async function planChange({ ledger, reference }: Sources, viewer: Viewer, request: Change): Promise<PlanAnswer> {
  const payload = request.payload ?? {};
  const customer = await findTarget(ledger, viewer, request);
  const change = settingsChangeOf(request.type, payload);
  const settings = mergeSettings(customer.settings, change);
  if (change.transcription !== undefined && lacksEngine(settings))
    throw engineRequired(`customer ${customer.id} has none`);
  return {
    type: request.type,
    steps: [...planSteps(request.type, payload)],
    customerId: customer.id,
    container: null,
    choice: null,
    fees: [...feesOf(customer.settings, settings, await reference.read())],
    warnings: changeWarnings(request, customer, viewer),
  };
}

async function findTarget(ledger: Parts['ledger'], viewer: Viewer, request: Change): Promise<CustomerRecord> {
  const { customerId, customerRef = '' } = request;
  const name = customerId === undefined ? { externalRef: customerRef } : { id: customerId };
  const customer = await loadRecord(ledger, viewer, name).catch(ifNotFound);
  if (customer === null) {
    const named = customerId ?? `with externalRef ${JSON.stringify(customerRef)}`;
    throw jobRefusal({ code: 'customer-not-found', message: `There is no customer ${named}.` }, request);
  }
  if (customer.serviceStatus !== 'disconnected') return customer;
  throw jobRefusal({ code: 'customer-disconnected', message: `Customer ${customer.id} is disconnected.` }, request);
}

function ifNotFound(error: unknown): null {
  if (error instanceof CodedError && error.code === 'not-found') return null;
  throw error;
}
