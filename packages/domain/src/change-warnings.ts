import type { JobRequest } from '@qvara/contracts/jobs';
import type { SettingsChange } from '@qvara/contracts/settings';
import { hasBegunToLeave } from './admission.ts';
import { type Customer, changedFields } from './customer.ts';
import { changedGroups, mergeSettings } from './settings.ts';
import { lift, suspend } from './suspension.ts';

/** A request for a customer that there is. */
export type ChangeRequest = Exclude<JobRequest, { type: 'customer.provision' }>;
/** A customer's record, with the state of its tenant; that is null while it holds no seat. */
export type CustomerRecord = Customer & { readonly tenantState: string | null };
/** Who asks for it. */
export type Sender = { readonly clientId: string; readonly admin: boolean };

/** What whoever sends this change should know of the customer as it is now. */
export function changeWarnings(request: ChangeRequest, customer: CustomerRecord, sender: Sender): string[] {
  return [...stateWarnings(request, customer), ...effectWarnings(request, customer, sender)];
}

/** Whether this change is known to leave the customer as it is. */
export function changesNothing(request: ChangeRequest, customer: Customer, { clientId, admin }: Sender): boolean {
  switch (request.type) {
    case 'customer.update':
      return Object.keys(changedFields(customer, request.payload)).length === 0 && keeps(customer, request.payload);
    case 'retention.update': {
      const { appliesTo, ...retention } = request.payload;
      return appliesTo !== 'retroactive' && keeps(customer, { retention });
    }
    case 'transcription.update':
      return keeps(customer, { transcription: request.payload });
    case 'customer.suspend': {
      const suspension = { clientId, ...request.payload, since: customer.activatedAt ?? '' };
      return suspend(customer.suspensions, suspension) === customer.suspensions;
    }
    case 'customer.resume':
      return lift(customer.suspensions, { clientId, holder: request.payload.holder, admin }) === customer.suspensions;
    default:
      return false;
  }
}

function keeps({ settings }: Customer, { retention, transcription }: object & Record<string, unknown>): boolean {
  const change = {
    ...(retention !== undefined && { retention }),
    ...(transcription !== undefined && { transcription }),
  };
  return changedGroups(settings, mergeSettings(settings, change as SettingsChange)).length === 0;
}

function stateWarnings(request: ChangeRequest, customer: CustomerRecord): string[] {
  const warnings: string[] = [];
  if (customer.serviceStatus === 'pending') {
    warnings.push('The customer is pending: the job would wait for its provisioning, and fail if that fails.');
  }
  if (customer.activatedAt !== null && request.type !== 'customer.disconnect' && hasBegunToLeave(customer)) {
    warnings.push('A disconnection has begun and not ended: the job would fail (customer-disconnecting).');
  }
  const { expectedVersion } = request;
  if (expectedVersion !== undefined && expectedVersion !== customer.version) {
    const judged = 'it is judged when the job runs';
    warnings.push(`expectedVersion is ${expectedVersion}, the customer has version ${customer.version}: ${judged}.`);
  }
  return warnings;
}

function effectWarnings(request: ChangeRequest, customer: Customer, sender: Sender): string[] {
  const idle = changesNothing(request, customer, sender);
  switch (request.type) {
    case 'customer.update':
      return idle ? ['Everything is so already: nothing would change.'] : [];
    case 'retention.update':
      return request.payload.appliesTo === 'retroactive'
        ? ['Retroactive: data that is older than a shortened period is deleted.']
        : [];
    case 'porting-pin.generate':
      return customer.portingPin === null ? [] : ['The present porting PIN stops being valid.'];
    case 'customer.suspend':
      return idle ? [`${request.payload.holder} suspends this customer already: nothing would change.`] : [];
    case 'customer.resume':
      return resumeWarnings(request.payload.holder, customer, sender);
    case 'customer.disconnect':
      return ['A disconnected customer cannot be brought back: its seat and number are given up.'];
    default:
      return [];
  }
}

function resumeWarnings(holder: string, customer: Customer, { clientId, admin }: Sender): string[] {
  const left = lift(customer.suspensions, { clientId, holder, admin });
  if (left === null) return [`${holder} is a suspension of another client: the job would fail (suspension-not-held).`];
  if (left === customer.suspensions) return [`${holder} does not suspend this customer: nothing would change.`];
  const others = left.map((one) => one.holder).join(', ');
  return left.length === 0 ? [] : [`Service stays suspended: held by ${others}.`];
}
