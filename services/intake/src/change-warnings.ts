import type { JobRequest } from '@qvara/contracts/jobs';
import { hasBegunToLeave } from '@qvara/domain/admission';
import { type Customer, changedFields } from '@qvara/domain/customer';
import { lift, suspend } from '@qvara/domain/suspension';
import type { CustomerRecord } from '@qvara/store/customers';
import type { Viewer } from '@qvara/store/viewer';

type Change = Exclude<JobRequest, { type: 'customer.provision' }>;

/** What whoever sends this change should know of the customer as it is now. */
export function changeWarnings(request: Change, customer: CustomerRecord, viewer: Viewer): string[] {
  return [...stateWarnings(request, customer), ...effectWarnings(request, customer, viewer)];
}

function stateWarnings(request: Change, customer: CustomerRecord): string[] {
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

function effectWarnings(request: Change, customer: Customer, viewer: Viewer): string[] {
  switch (request.type) {
    case 'customer.update':
      return Object.keys(changedFields(customer, request.payload)).length === 0
        ? ['Everything is so already: nothing would change.']
        : [];
    case 'retention.update':
      return request.payload.appliesTo === 'retroactive'
        ? ['Retroactive: data that is older than a shortened period is deleted.']
        : [];
    case 'porting-pin.generate':
      return customer.portingPin === null ? [] : ['The present porting PIN stops being valid.'];
    case 'customer.suspend': {
      const suspension = { clientId: viewer.clientId, ...request.payload, since: customer.activatedAt ?? '' };
      const known = suspend(customer.suspensions, suspension) === customer.suspensions;
      return known ? [`${request.payload.holder} suspends this customer already: nothing would change.`] : [];
    }
    case 'customer.resume':
      return resumeWarnings(request.payload.holder, customer, viewer);
    case 'customer.disconnect':
      return ['A disconnected customer cannot be brought back: its seat and number are given up.'];
    default:
      return [];
  }
}

function resumeWarnings(holder: string, customer: Customer, { clientId, admin }: Viewer): string[] {
  const left = lift(customer.suspensions, { clientId, holder, admin });
  if (left === null) return [`${holder} is a suspension of another client: the job would fail (suspension-not-held).`];
  if (left === customer.suspensions) return [`${holder} does not suspend this customer: nothing would change.`];
  const others = left.map((one) => one.holder).join(', ');
  return left.length === 0 ? [] : [`Service stays suspended: held by ${others}.`];
}
