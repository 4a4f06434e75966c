import { ProblemError, StrangeAnswerError, UnreachableError } from '@qvara/client/errors';
import type { Problem } from '@qvara/contracts/api';
import { CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { complaintOf } from './complaint.ts';
import { UsageError } from './exit-status.ts';

const problem: Problem = {
  type: '/docs#problem-invalid-request',
  title: 'The request is not acceptable',
  status: 422,
  detail: 'Two fields are wrong.',
  code: 'invalid-request',
  instance: '/v1/jobs',
  remedy: 'Correct the fields.',
  errors: [
    { pointer: '/payload/name', code: 'required', message: 'is required', remedy: 'Add it.' },
    { pointer: '', code: 'unknown-field', message: 'there is no field \u001b[31m', remedy: 'Leave it out.' },
    { row: 7, column: 'Size', code: 'unknown-column', message: 'fits no field', remedy: 'Map it.' },
  ],
};
const quiet = new AbortController().signal;
const statusOf = (error: unknown) => complaintOf(error, quiet).status;

it('a problem is told with each place, its rule and its remedy, and nothing that commands a terminal', () => {
  const { status, text, value } = complaintOf(new ProblemError(problem), quiet);
  expect(text).toBe(
    [
      'Two fields are wrong. [422 invalid-request]',
      '  /payload/name: is required [required]. Add it.',
      '  the request: there is no field \\u001b[31m [unknown-field]. Leave it out.',
      '  row 7, column Size: fits no field [unknown-column]. Map it.',
      '  What to do: Correct the fields.',
    ].join('\n'),
  );
  expect([status, value]).toEqual([3, problem]);
});

it('an error of theirs is told with the id under which they have noted it', () => {
  const theirs = { ...problem, status: 500, errors: [], requestId: 'abc' };
  const { status, text } = complaintOf(new ProblemError(theirs), quiet);
  expect(status).toBe(4);
  expect(text).toMatch(/request id: abc$/);
});

it('every kind of failure has a status of its own', () => {
  expect(statusOf(new CommanderError(1, 'commander.unknownOption', 'error'))).toBe(2);
  expect(statusOf(new CommanderError(0, 'commander.help', 'help'))).toBe(0);
  expect(statusOf(new UsageError('no key'))).toBe(2);
  expect(statusOf(new ProblemError({ ...problem, status: 429 }))).toBe(3);
  expect(statusOf(new UnreachableError('http://x', new Error('refused')))).toBe(4);
  expect(statusOf(new StrangeAnswerError('http://x', 200, 'without JSON'))).toBe(4);
  expect(statusOf(new DOMException('over', 'TimeoutError'))).toBe(5);
  expect(complaintOf(new UnreachableError('http://x', 'cut'), AbortSignal.abort()).status).toBe(130);
});

it('a defect is not dressed up', () => {
  expect(() => complaintOf(new TypeError('x is not a function'), quiet)).toThrow('x is not a function');
});
