import { JOB_TYPES, jobDefinition } from '@qvara/contracts/jobs';
import { STEP_STATES, stepDefinition } from '@qvara/contracts/steps';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstToRun, newSteps, nothingToUndo, planSteps, stepsToUndo } from './plan.ts';

const jobs = fc.constantFrom(...JOB_TYPES).chain((type) => {
  const steps = newSteps(type, { timeZone: 'UTC' });
  return fc
    .array(fc.constantFrom(...STEP_STATES), { minLength: steps.length, maxLength: steps.length })
    .map((states) => ({ steps: steps.map((step, index) => ({ ...step, state: states[index]! })) }));
});

test('every type but customer.update takes the steps of its definition, whatever its payload', () => {
  for (const type of JOB_TYPES) {
    for (const payload of [{}, { timeZone: 'UTC' }]) {
      if (type !== 'customer.update') expect(planSteps(type, payload)).toEqual(jobDefinition(type).steps);
    }
  }
});

test('an update reaches the tenant only if it changes, or clears, the time zone or the dialing country', () => {
  const all = ['update-customer', 'apply-settings', 'verify-tenant'];
  for (const payload of [
    { timeZone: 'UTC' },
    { timeZone: null },
    { dialingCountry: 'US' },
    { dialingCountry: null, name: 'A' },
  ]) {
    expect(planSteps('customer.update', payload)).toEqual(all);
  }
  expect(planSteps('customer.update', { name: 'A', serviceType: 'a', industry: 'b', tags: [] })).toEqual([
    'update-customer',
  ]);
});

test('the steps of a new job are pending, untried, and of the scope of their definition', () => {
  for (const step of newSteps('customer.provision', {})) {
    const scope = stepDefinition(step.name).scope;
    expect(step).toMatchObject({
      scope,
      state: 'pending',
      attempt: 0,
      startedAt: null,
      finishedAt: null,
      failure: null,
    });
  }
});

test('the step to run is the first that has not succeeded', () => {
  fc.assert(
    fc.property(jobs, (job) => {
      const index = job.steps.findIndex((step) => step.state !== 'succeeded');
      expect(firstToRun(job)).toBe(index === -1 ? undefined : job.steps[index]);
    }),
  );
});

test('an undo takes back every undoable step that may have left something, the last first, and nothing else', () => {
  fc.assert(
    fc.property(jobs, (job) => {
      const left = stepsToUndo(job);
      const order = left.map((step) => job.steps.indexOf(step));
      expect(order).toEqual(order.toSorted((a, b) => b - a));
      for (const step of job.steps) {
        const may = stepDefinition(step.name).undoable && !['pending', 'undone'].includes(step.state);
        expect(left.includes(step)).toBe(may);
      }
      expect(nothingToUndo(job)).toBe(left.length === 0);
    }),
  );
});

test('the undo of a whole provisioning switches off, removes the site, the tenant and the seat, in this order', () => {
  const steps = newSteps('customer.provision', {}).map((step) => ({ ...step, state: 'succeeded' as const }));
  expect(stepsToUndo({ steps }).map(({ name }) => name)).toEqual([
    'activate-tenant',
    'create-site',
    'create-tenant',
    'reserve-seat',
  ]);
});
