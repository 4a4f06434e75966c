import { jobId } from '@qvara/contracts/ids';
import { expect, test } from 'vitest';
import { newId } from './ids.ts';

test('an id has its prefix and fits the contract', () => {
  expect(jobId.safeParse(newId('job')).success).toBe(true);
  expect(newId('cus')).toMatch(/^cus_[0-7][0-9a-z]{25}$/);
});

test('ids are unique and sort in the order they were made', () => {
  const ids = Array.from({ length: 2000 }, () => newId('job'));
  expect(new Set(ids).size).toBe(2000);
  expect(ids.toSorted()).toEqual(ids);
});
