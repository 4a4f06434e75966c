import type { Fault } from '@qvara/contracts/failure';
import type { Customer } from './customer.ts';
import type { Job } from './life.ts';

const ABANDONMENTS_IN_COMPANY = 3;
const ABANDONMENTS_ALLOWED = 5;

type Claimed = Pick<Job, 'type' | 'phase' | 'abandonments' | 'steps'> & { readonly expectedVersion: number | null };
type Target = Pick<Customer, 'serviceStatus' | 'version' | 'activatedAt'> & {
  /** Null while the customer holds no seat. */
  readonly tenantState: string | null;
};

/**
 * Whether a job that was abandoned again and again must be run alone, so that it is known whose fault the next loss is,
 * and so that it takes no other job down with it.
 */
export function mustRunAlone({ abandonments }: Pick<Job, 'abandonments'>): boolean {
  return abandonments >= ABANDONMENTS_IN_COMPANY && abandonments < ABANDONMENTS_ALLOWED;
}

/**
 * Why a claimed job must not begin, judged when its turn has come: the customer and its tenant as they are now, the
 * version it expects, and how often it took its worker down. Null when nothing stands in its way.
 */
export function refusal(job: Claimed, customer: Target): Fault | null {
  if (job.abandonments >= ABANDONMENTS_ALLOWED) {
    const message = `${job.abandonments} workers in a row were lost while they ran this job.`;
    return { code: 'worker-lost', message };
  }
  if (job.phase === 'undo' || job.type === 'customer.provision') return null;
  return unfit(customer) ?? leaving(job, customer) ?? outdated(job, customer);
}

function unfit({ activatedAt, serviceStatus }: Target): Fault | null {
  const gone = serviceStatus === 'disconnected';
  if (activatedAt === null) {
    const message = 'The provisioning this job waited for did not end in an active customer.';
    // A failed provisioning can be retried, and then this job; a cancelled one cannot.
    return { code: 'customer-not-provisioned', message, ...(gone && { retryable: false }) };
  }
  if (!gone) return null;
  return { code: 'customer-disconnected', message: 'The customer was disconnected before this job came to its turn.' };
}

/** Whether a disconnection of a customer who was active has begun: its tenant serves no more. */
export function hasBegunToLeave({ tenantState }: Pick<Target, 'tenantState'>): boolean {
  return tenantState !== 'active' && tenantState !== 'suspended';
}

/** A disconnection that failed midway has switched service off: only it, or another one, may go on from there. */
function leaving({ type }: Claimed, target: Target): Fault | null {
  if (type === 'customer.disconnect' || !hasBegunToLeave(target)) return null;
  return { code: 'customer-disconnecting', message: 'A disconnection of the customer has begun and not ended.' };
}

function outdated(job: Claimed, customer: Target): Fault | null {
  // From its first success on, the job itself has moved the version.
  const begun = job.steps.some((step) => step.state === 'succeeded');
  if (begun || job.expectedVersion === null || job.expectedVersion === customer.version) return null;
  const message = `The job expects version ${job.expectedVersion}; the customer has version ${customer.version}.`;
  return { code: 'version-mismatch', message };
}
