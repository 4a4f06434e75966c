import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type ConfigError, loadConfig } from './config.ts';
import { logLevel, port, positiveInteger, secretKeys, url } from './fields.ts';

const schema = z.object({
  DATABASE_URL: url('postgres', 'postgresql'),
  REDIS_URL: url('redis').optional(),
  INTAKE_PORT: port.default(4000),
  CLIENT_WINDOW: positiveInteger.default(1000),
  LOG_LEVEL: logLevel.default('info'),
  SECRET_KEY: secretKeys,
});
const keys = [randomBytes(32), randomBytes(32)];
const good = {
  DATABASE_URL: 'postgres://u:hunter2@h/d',
  SECRET_KEY: keys.map((key) => key.toString('base64')).join(', '),
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(schema, env);
  } catch (error) {
    expect((error as Error).message).not.toContain('hunter2');
    return (error as ConfigError).problems;
  }
  return [];
}

test('defaults are filled in and texts become values', () => {
  expect(loadConfig(schema, { ...good, INTAKE_PORT: '0', UNKNOWN: 'x' })).toEqual({
    DATABASE_URL: good.DATABASE_URL,
    INTAKE_PORT: 0,
    CLIENT_WINDOW: 1000,
    LOG_LEVEL: 'info',
    SECRET_KEY: keys.map((key) => Uint8Array.from(key)),
  });
});

test('an empty variable counts as absent', () => {
  expect(loadConfig(schema, { ...good, REDIS_URL: '', INTAKE_PORT: '' })).toMatchObject({ INTAKE_PORT: 4000 });
  expect(problemsOf({ ...good, DATABASE_URL: '' })).toEqual([
    'DATABASE_URL is required. Set it to a URL: postgres://... or postgresql://...',
  ]);
});

test('all problems are told at once, with variable, rule and remedy, and without any value', () => {
  const problems = problemsOf({
    DATABASE_URL: 'mysql://u:hunter2@h',
    REDIS_URL: 'redis://u:hunter2@h:99999',
    INTAKE_PORT: '65536',
    CLIENT_WINDOW: '0',
    LOG_LEVEL: 'hunter2',
    SECRET_KEY: 'hunter2',
  });
  expect(problems).toEqual([
    'DATABASE_URL is not such a URL. Set it to a URL: postgres://... or postgresql://...',
    'REDIS_URL is not such a URL. Set it to a URL: redis://...',
    'INTAKE_PORT is not a whole number from 0 to 65535. Set it to a port: 0 to 65535, where 0 is any free one',
    'CLIENT_WINDOW is not a whole number from 1 to 9007199254740991. Set it to a whole number from 1',
    'LOG_LEVEL is not a log level. Set it to one of fatal, error, warn, info, debug, trace, silent',
    'SECRET_KEY holds a key that is not 32 bytes in base64. Set it to one key, or several with commas between (the first encrypts, all decrypt): openssl rand -base64 32',
  ]);
});

test('a number that is not written as one is told once', () => {
  expect(problemsOf({ ...good, INTAKE_PORT: '4e3' })).toHaveLength(1);
});

test('the result is frozen all the way down', () => {
  const config = loadConfig(z.object({ LIST: z.string().transform((text) => ({ parts: text.split(',') })) }), {
    LIST: 'a,b',
  });
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.LIST.parts)).toBe(true);
});
