import type { JobType } from '@qvara/contracts/jobs';
import { expect, test } from 'vitest';
import { mustRunAlone, refusal } from './admission.ts';
import { acceptedJob, SAMPLE_TIME } from './possible-events.ts';

const active = { serviceStatus: 'active', version: 3, activatedAt: SAMPLE_TIME, tenantState: 'active' } as const;
const pending = { serviceStatus: 'pending', version: 1, activatedAt: null, tenantState: null } as const;
const claimed = (type: JobType, expectedVersion: number | null = null) => ({ ...acceptedJob(type), expectedVersion });

test('a change to an active or a suspended customer may begin', () => {
  expect(refusal(claimed('retention.update'), active)).toBeNull();
  expect(refusal(claimed('customer.resume'), { ...active, serviceStatus: 'suspended' })).toBeNull();
});

test('a job of a customer whose provisioning failed is refused, and worth a retry', () => {
  const fault = refusal(claimed('retention.update'), pending);
  expect(fault).toMatchObject({ code: 'customer-not-provisioned' });
  expect(fault).not.toHaveProperty('retryable');
});

test('a job of a customer whose provisioning was cancelled is refused for good', () => {
  const fault = refusal(claimed('retention.update'), { ...pending, serviceStatus: 'disconnected' });
  expect(fault).toMatchObject({ code: 'customer-not-provisioned', retryable: false });
});

test('a job that waited behind a disconnect is refused', () => {
  const fault = refusal(claimed('customer.update'), { ...active, serviceStatus: 'disconnected' });
  expect(fault).toMatchObject({ code: 'customer-disconnected' });
});

test('a change is refused while a disconnection that failed midway is not ended, and another disconnection is not', () => {
  for (const tenantState of ['inactive', 'reserved', null]) {
    const leaving = { ...active, tenantState };
    expect(refusal(claimed('customer.resume'), leaving)).toMatchObject({ code: 'customer-disconnecting' });
    expect(refusal(claimed('customer.disconnect'), leaving)).toBeNull();
  }
});

test('a job must be run alone after three losses in company, until it is given up', () => {
  const alone = [0, 1, 2, 3, 4, 5].map((abandonments) => mustRunAlone({ abandonments }));
  expect(alone).toEqual([false, false, false, true, true, false]);
});

test('a job that expects another version than the customer has at its turn is refused', () => {
  expect(refusal(claimed('customer.update', 3), active)).toBeNull();
  expect(refusal(claimed('customer.update', 2), active)).toMatchObject({ code: 'version-mismatch' });
});

test('a job that has moved the version itself is not refused for it when it is claimed again', () => {
  const job = claimed('retention.update', 2);
  const states = ['succeeded', 'running'] as const;
  const steps = job.steps.map((step, index) => ({ ...step, state: states[index] ?? step.state }));
  expect(refusal({ ...job, steps }, active)).toBeNull();
  const begun = job.steps.map((step, index) => (index === 0 ? { ...step, state: 'running' as const } : step));
  expect(refusal({ ...job, steps: begun }, active)).toMatchObject({ code: 'version-mismatch' });
});

test('a provisioning and an undo ask nothing of the customer', () => {
  expect(refusal(claimed('customer.provision'), pending)).toBeNull();
  expect(
    refusal({ ...claimed('customer.provision'), phase: 'undo' }, { ...pending, serviceStatus: 'disconnected' }),
  ).toBeNull();
});

test('a job that took down five workers in a row is given up, whatever it is', () => {
  for (const phase of ['forward', 'undo'] as const) {
    expect(refusal({ ...claimed('customer.provision'), phase, abandonments: 4 }, pending)).toBeNull();
    expect(refusal({ ...claimed('customer.provision'), phase, abandonments: 5 }, pending)).toMatchObject({
      code: 'worker-lost',
    });
  }
});
