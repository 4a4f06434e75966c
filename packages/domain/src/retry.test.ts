import { FAILURE_CODE_NAMES, FAILURE_CODES, type FailureCode, failure } from '@qvara/contracts/failure';
import { JOB_TYPES, jobDefinition } from '@qvara/contracts/jobs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SAMPLE_TIME } from './possible-events.ts';
import { decide, describeFault } from './retry.ts';

const CAP_OF_RETRY_AFTER_MS = 600_000;
const ofKind = (...kinds: string[]) => FAILURE_CODE_NAMES.filter((code) => kinds.includes(FAILURE_CODES[code].kind));
const fault = (code: FailureCode, retryAfterMs?: number) => ({
  code,
  message: 'why',
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});
const type = fc.constantFrom(...JOB_TYPES);
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const tries = type.chain((one) =>
  fc.record({ type: fc.constant(one), attempt: fc.integer({ min: 1, max: jobDefinition(one).attempts - 1 }) }),
);

test('what is unavailable, or a bug of ours, is tried again by a counted wait until the attempts are spent', () => {
  for (const code of [...ofKind('unavailable'), 'internal'] as const) {
    fc.assert(
      fc.property(tries, chance, (job, luck) => {
        expect(decide(job, fault(code), luck)).toMatchObject({ next: 'wait', counted: true });
      }),
    );
    fc.assert(
      fc.property(type, fc.nat(5), (one, more) => {
        const spent = { type: one, attempt: jobDefinition(one).attempts + more };
        expect(decide(spent, fault(code), 0)).toEqual({ next: 'give-up' });
      }),
    );
  }
});

test('what is not ready waits without being counted, however many attempts are spent', () => {
  for (const code of ofKind('not-ready')) {
    expect(decide({ type: 'customer.provision', attempt: 999 }, fault(code), 0.5)).toMatchObject({
      next: 'wait',
      counted: false,
    });
  }
});

test('what is invalid, refused or broken is given up at once', () => {
  for (const code of ofKind('invalid', 'refused', 'broken').filter((one) => one !== 'internal')) {
    expect(decide({ type: 'customer.provision', attempt: 1 }, fault(code, 5_000), 0), code).toEqual({
      next: 'give-up',
    });
  }
});

test('a wait is between half and the whole of the exponential delay, and never over its cap', () => {
  fc.assert(
    fc.property(tries, chance, (job, luck) => {
      const { baseMs, capMs } = jobDefinition(job.type).backoff;
      const whole = Math.min(capMs, baseMs * 2 ** (job.attempt - 1));
      const decision = decide(job, fault('platform-unavailable'), luck);
      const delayMs = decision.next === 'wait' ? decision.delayMs : Number.NaN;
      expect(delayMs).toBeGreaterThanOrEqual(Math.floor(whole / 2));
      expect(delayMs).toBeLessThanOrEqual(whole);
    }),
  );
});

test('chance spreads the waits', () => {
  const delayAt = (luck: number) =>
    decide({ type: 'customer.provision', attempt: 5 }, fault('platform-unavailable'), luck);
  expect(delayAt(0)).toMatchObject({ delayMs: 4_000 });
  expect(delayAt(0.5)).toMatchObject({ delayMs: 6_000 });
});

test('a wait is at least what the platform asked for, up to ten minutes, and no nonsense it sends lengthens it', () => {
  const asked = fc.oneof(
    fc.integer({ min: -10, max: 2 * CAP_OF_RETRY_AFTER_MS }),
    fc.constantFrom(Number.NaN, Infinity, -Infinity),
  );
  fc.assert(
    fc.property(
      tries,
      asked,
      fc.constantFrom('platform-unavailable', 'platform-not-ready'),
      (job, retryAfterMs, code) => {
        const plain = decide(job, fault(code), 0.5);
        const decision = decide(job, fault(code, retryAfterMs), 0.5);
        if (decision.next !== 'wait' || plain.next !== 'wait') throw new Error('it gave up');
        const heeded = Number.isNaN(retryAfterMs) ? 0 : Math.min(retryAfterMs, CAP_OF_RETRY_AFTER_MS);
        expect(decision.delayMs).toBe(Math.max(plain.delayMs, heeded));
      },
    ),
  );
});

test('a described fault has the kind and the remedy of its code, and fits the schema', () => {
  for (const code of FAILURE_CODE_NAMES) {
    const { kind, remedy } = FAILURE_CODES[code];
    const described = describeFault(fault(code), 'create-tenant');
    expect(failure.parse({ ...described, occurredAt: SAMPLE_TIME })).toMatchObject({
      kind,
      code,
      remedy,
      message: 'why',
      step: 'create-tenant',
    });
  }
});

test('what a retry cannot change says that it is not retryable', () => {
  const retryable = (code: FailureCode) => describeFault(fault(code), null).retryable;
  for (const code of ofKind('unavailable', 'broken', 'not-ready')) expect(retryable(code), code).toBe(true);
  for (const code of ofKind('invalid')) expect(retryable(code), code).toBe(false);
  for (const code of ['version-mismatch', 'customer-disconnected', 'engine-required'] as const)
    expect(retryable(code)).toBe(false);
  expect(retryable('customer-not-provisioned')).toBe(true);
  const forGood = { ...fault('customer-not-provisioned'), retryable: false } as const;
  expect(describeFault(forGood, null).retryable).toBe(false);
});
