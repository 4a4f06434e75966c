import type { Fault } from '@qvara/contracts/failure';
import type { Customer } from './customer.ts';
import type { Job } from './life.ts';

const ABANDONMENTS_ALLOWED = 5;

type Claimed = Pick<Job, 'type' | 'phase' | 'abandonments'> & { readonly expectedVersion: number | null };

/**
 * Why a claimed job must not begin, judged when its turn has come: the customer as it is now, the version it expects,
 * and how often it took its worker down. Null when nothing stands in its way.
 */
export function refusal(job: Claimed, customer: Pick<Customer, 'serviceStatus' | 'version' | 'activatedAt'>): Fault | null {
  if (job.abandonments >= ABANDONMENTS_ALLOWED) {
    return { code: 'worker-lost', message: `${job.abandonments} workers in a row were lost while they ran this job.` };
  }
  if (job.phase === 'undo' || job.type === 'customer.provision') return null;
  if (customer.activatedAt === null) {
    return { code: 'customer-not-provisioned', message: 'The provisioning this job waited for did not end in an active customer.' };
  }
  if (customer.serviceStatus === 'disconnected') {
    return { code: 'customer-disconnected', message: 'The customer was disconnected before this job came to its turn.' };
  }
  if (job.expectedVersion !== null && job.expectedVersion !== customer.version) {
    const message = `The job expects version ${job.expectedVersion}; the customer has version ${customer.version}.`;
    return { code: 'version-mismatch', message };
  }
  return null;
}
