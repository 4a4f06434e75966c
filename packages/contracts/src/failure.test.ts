import { expect, test } from 'vitest';
import { CodedError, FAILURE_CODE_NAMES, FAILURE_CODES } from './failure.ts';
import { FAILURE_KINDS } from './failure-kind.ts';
import { JOB_FAILURES } from './job-failures.ts';
import { REQUEST_FAILURES } from './request-failures.ts';

test('every code has a kind, an HTTP error status, a title, and a remedy that is a sentence', () => {
  for (const code of FAILURE_CODE_NAMES) {
    const { kind, status, title, remedy } = FAILURE_CODES[code];
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(FAILURE_KINDS).toContain(kind);
    expect(status, code).toSatisfy((value: number) => value >= 400 && value <= 599);
    expect(title, code).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy, code).toMatch(/^[A-Z].*\.$/);
  }
});

test('the status of a code says who must act, as its kind does', () => {
  for (const code of FAILURE_CODE_NAMES) {
    const { kind, status } = FAILURE_CODES[code];
    if (kind === 'invalid' || kind === 'refused') expect(status, code).toBeLessThan(500);
    if (kind === 'unavailable') expect(status, code).toBe(503);
    if (kind === 'broken') expect(status, code).toBe(500);
  }
});

test('no code stands in both lists, and no two codes say the same', () => {
  expect(Object.keys(JOB_FAILURES).filter((code) => code in REQUEST_FAILURES)).toEqual([]);
  const titles = FAILURE_CODE_NAMES.map((code) => FAILURE_CODES[code].title);
  expect(new Set(titles).size).toBe(titles.length);
});

test('a coded error bears its code, its kind and its details', () => {
  const error = new CodedError('version-mismatch', 'It has version 4.', { version: 4 });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    code: 'version-mismatch',
    kind: 'refused',
    message: 'It has version 4.',
    details: { version: 4 },
  });
  expect(new CodedError('not-found', 'No.').details).toEqual({});
});
