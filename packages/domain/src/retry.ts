import { FAILURE_CODES, type Failure, type Fault } from '@qvara/contracts/failure';
import { jobDefinition } from '@qvara/contracts/jobs';
import type { Job } from './life.ts';

/** What to do after a fault: try again later, or give up. */
export type Decision =
  | { readonly next: 'wait'; readonly delayMs: number; readonly counted: boolean }
  | { readonly next: 'give-up' };

const NOT_READY_DELAY_MS = 1_000;
const RETRY_AFTER_CAP_MS = 600_000;

/**
 * Decides by the kind of the fault, the budget of the job's type and what the platform asked for.
 * `chance` is a number in [0, 1): full jitter between half and the whole of the capped exponential delay.
 */
export function decide(job: Pick<Job, 'type' | 'attempt'>, fault: Fault, chance: number): Decision {
  const { attempts, backoff } = jobDefinition(job.type);
  const { kind } = FAILURE_CODES[fault.code];
  const asked = Math.min(fault.retryAfterMs || 0, RETRY_AFTER_CAP_MS);
  if (kind === 'not-ready') return { next: 'wait', delayMs: Math.max(asked, NOT_READY_DELAY_MS), counted: false };
  if (kind !== 'unavailable' && fault.code !== 'internal') return { next: 'give-up' };
  if (job.attempt >= attempts) return { next: 'give-up' };
  const ceiling = Math.min(backoff.capMs, backoff.baseMs * 2 ** (job.attempt - 1));
  return { next: 'wait', delayMs: Math.max(asked, Math.round(ceiling * (0.5 + chance / 2))), counted: true };
}

const NOT_WORTH_RETRYING = new Set<Fault['code']>([
  'version-mismatch',
  'customer-disconnected',
  'customer-disconnecting',
  'customer-already-provisioned',
  'engine-required',
  'suspension-not-held',
]);

/** A failure before it happened to a job: the time comes with the write that tells it. */
export type Cause = Omit<Failure, 'occurredAt'>;

/** A fault as clients see it, in the words of the closed list. */
export function describeFault(fault: Fault, step: string | null): Cause {
  const { kind, remedy } = FAILURE_CODES[fault.code];
  const retryable = fault.retryable ?? (kind !== 'invalid' && !NOT_WORTH_RETRYING.has(fault.code));
  return { kind, code: fault.code, message: fault.message, remedy, retryable, step };
}
