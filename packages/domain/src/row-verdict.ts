import { FAILURE_CODES, type FailureCode } from '@qvara/contracts/failure';
import type { ImportMode, RowError } from '@qvara/contracts/imports';
import type { FeeLine } from '@qvara/contracts/job-answer';
import type { JobPayload, JobRequest } from '@qvara/contracts/jobs';
import type { Reference } from '@qvara/contracts/reference';
import { SETTING_GROUPS, type SettingsChange } from '@qvara/contracts/settings';
import { refusal } from './admission.ts';
import {
  type ChangeRequest,
  type CustomerRecord,
  changesNothing,
  changeWarnings,
  type Sender,
} from './change-warnings.ts';
import { changedFields } from './customer.ts';
import { feesOf } from './fees.ts';
import { engineProblem } from './request-rules.ts';
import { changedGroups, defaultSettings, lacksEngine, mergeSettings, settingsChangeOf } from './settings.ts';
import { lift } from './suspension.ts';

type Provision = Extract<JobRequest, { type: 'customer.provision' }>;

/** What a row of an import meets. */
export type RowSituation = {
  readonly mode: ImportMode;
  readonly sender: Sender;
  /** The customer that the row names, or who has its reference; `adoptable`: a failed provisioning left it behind. */
  readonly customer: (CustomerRecord & { readonly adoptable: boolean }) | null;
  /** The same content was brought in before, under the same identity. */
  readonly before: { readonly customerId: string; readonly lives: boolean } | null;
  /** The row of the same file that names the same customer and comes first. */
  readonly first: number | null;
};

/** What would become of a row. */
export type RowPlan =
  | {
      readonly verdict: 'create' | 'update';
      /** What is accepted as a job. */
      readonly request: JobRequest;
      readonly customerId: string | null;
      readonly fees: readonly FeeLine[];
      readonly warnings: readonly string[];
    }
  | { readonly verdict: 'unchanged'; readonly customerId: string | null }
  | { readonly verdict: 'conflict'; readonly errors: readonly RowError[] };

/** Judges a row whose request is acceptable in itself. */
export function judgeRow(request: JobRequest, situation: RowSituation, reference: Reference): RowPlan {
  const { first } = situation;
  if (first !== null) return conflict('row-repeated', `Row ${first} names the same customer.`, nameField(request));
  if (request.type === 'customer.provision') return judgeProvision(request, situation, reference);
  return judgeChange(request, situation, reference);
}

function judgeProvision(request: Provision, situation: RowSituation, reference: Reference): RowPlan {
  const { customer, before, mode } = situation;
  const { payload } = request;
  if (customer === null && before?.lives) return { verdict: 'unchanged', customerId: before.customerId };
  if (customer === null || customer.adoptable) {
    const settings = mergeSettings(defaultSettings(), payload as SettingsChange);
    const taken = customer && `The job takes over customer ${customer.id}, whose provisioning failed.`;
    const warnings = taken === null ? [] : [taken];
    const fees = feesOf(null, settings, reference);
    return { verdict: 'create', request, customerId: customer?.id ?? null, fees, warnings };
  }
  if (mode === 'upsert') return judgeUpsert(payload, customer, { situation, reference });
  if (before?.lives && before.customerId === customer.id) return { verdict: 'unchanged', customerId: customer.id };
  const message = `The externalRef ${JSON.stringify(payload.externalRef)} belongs to customer ${customer.id}.`;
  return conflict('external-ref-taken', message, 'externalRef');
}

type Rest = { readonly situation: RowSituation; readonly reference: Reference };

/** What is not named stays, and where a customer was placed is not compared. */
function judgeUpsert(
  payload: JobPayload<'customer.provision'>,
  customer: NonNullable<RowSituation['customer']>,
  { situation, reference }: Rest,
): RowPlan {
  const { externalRef: _, region: __, site: ___, retention: ____, transcription: _____, ...fields } = payload;
  const settings = mergeSettings(customer.settings, payload as SettingsChange);
  const named = SETTING_GROUPS.filter((group) => changedGroups(customer.settings, settings).includes(group));
  const differing = Object.keys(changedFields(customer, fields as JobPayload<'customer.update'>));
  if (named.length + differing.length === 0) return { verdict: 'unchanged', customerId: customer.id };
  const changed = [...differing, ...named].map((name) => [name, payload[name as keyof typeof payload]]);
  const request = { type: 'customer.update', customerId: customer.id, payload: Object.fromEntries(changed) } as const;
  return judgeChange(request as ChangeRequest, situation, reference);
}

function judgeChange(request: ChangeRequest, situation: RowSituation, reference: Reference): RowPlan {
  const { customer, before, sender } = situation;
  const gone = customer === null || customer.serviceStatus === 'disconnected';
  if (gone && request.type === 'customer.disconnect' && before !== null)
    return { verdict: 'unchanged', customerId: before.customerId };
  if (customer === null) {
    const name = request.customerId ?? `with externalRef ${JSON.stringify(request.customerRef)}`;
    return conflict('customer-not-found', `There is no customer ${name}.`, nameField(request));
  }
  const obstacle = obstacleOf(request, customer, sender);
  if (obstacle !== null) return obstacle;
  if (changesNothing(request, customer, sender)) return { verdict: 'unchanged', customerId: customer.id };
  // A new PIN differs from every other: only that the row was carried out tells that it need not be again.
  if (request.type === 'porting-pin.generate' && before?.customerId === customer.id)
    return { verdict: 'unchanged', customerId: customer.id };
  const settings = mergeSettings(customer.settings, settingsChangeOf(request.type, request.payload ?? {}));
  return {
    verdict: 'update',
    request,
    customerId: customer.id,
    fees: feesOf(customer.settings, settings, reference),
    warnings: changeWarnings(request, customer, sender),
  };
}

/** Why a change of this customer would fail, as far as that is known beforehand. */
function obstacleOf(request: ChangeRequest, customer: CustomerRecord, sender: Sender): RowPlan | null {
  if (customer.serviceStatus === 'disconnected')
    return conflict('customer-disconnected', `Customer ${customer.id} is disconnected.`, nameField(request));
  const { type, expectedVersion = null } = request;
  const job = { type, phase: 'forward', abandonments: 0, steps: [], expectedVersion } as const;
  // Before it is active, a change waits for its provisioning, which may move the version.
  const fault = customer.activatedAt === null ? null : refusal(job, customer);
  if (fault !== null) {
    const field = fault.code === 'version-mismatch' ? 'expectedVersion' : nameField(request);
    return conflict(fault.code, fault.message, field);
  }
  const change = settingsChangeOf(type, request.payload ?? {});
  if (change.transcription !== undefined && lacksEngine(mergeSettings(customer.settings, change))) {
    const { message, remedy, code } = engineProblem(`customer ${customer.id} has none`);
    return { verdict: 'conflict', errors: [{ field: 'transcription.sentimentAnalysis', code, message, remedy }] };
  }
  if (type !== 'customer.resume') return null;
  const { holder } = request.payload;
  if (lift(customer.suspensions, { ...sender, holder }) !== null) return null;
  const message = `The suspension by ${JSON.stringify(holder)} was made by another client.`;
  return conflict('suspension-not-held', message, 'holder');
}

function nameField(request: JobRequest): string {
  if (request.type === 'customer.provision') return 'externalRef';
  return request.customerId === undefined ? 'customerRef' : 'customerId';
}

const REPEATED = 'Leave one of the rows out, or let them follow each other in two imports.';

function conflict(code: FailureCode | 'row-repeated', message: string, field: string): RowPlan {
  const remedy = code === 'row-repeated' ? REPEATED : FAILURE_CODES[code].remedy;
  return { verdict: 'conflict', errors: [{ field, code, message, remedy }] };
}
