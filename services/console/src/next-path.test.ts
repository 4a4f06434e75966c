import { expect, test } from 'vitest';
import { safeNext } from './next-path.ts';

test.each([
  ['/', '/'],
  ['/bull-board', '/bull-board'],
  ['/bull-board/queue/tenants?status=failed&page=2', '/bull-board/queue/tenants?status=failed&page=2'],
  ['/a/../b', '/b'],
])('a path of ours is kept: %s', (wanted, path) => {
  expect(safeNext(wanted)).toBe(path);
});

test.each([
  'https://evil.test/',
  '//evil.test',
  '///evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  '/\t/evil.test',
  '/.//evil.test',
  '/x/..//evil.test',
  'javascript:alert(1)',
  'evil.test',
  '',
  '/login?next=/login',
  '/logout',
  `/${'x'.repeat(5000)}`,
  ['/a', '/b'],
  undefined,
])('everything else leads to the start: %j', (wanted) => {
  expect(safeNext(wanted)).toBe('/');
});
