import { expect, test } from 'vitest';
import { createLogger, type LogLevel } from './logger.ts';

function record(level: LogLevel = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ name: 'intake', level, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '') };
}

test('lines are JSON with the name of the service, from the level on', () => {
  const { logger, lines, last } = record('warn');
  logger.info('hidden');
  logger.warn({ jobId: 'job_1' }, 'shown');
  expect(lines).toHaveLength(1);
  expect(last()).toMatchObject({ name: 'intake', jobId: 'job_1', msg: 'shown' });
});

test.each([
  { request: { headers: { authorization: 'hunter2', cookie: 'hunter2', 'set-cookie': ['hunter2'] } } },
  { portingPin: 'hunter2', pin: 'hunter2', secret: 'hunter2', key: 'hunter2' },
  { config: { DATABASE_URL: 'hunter2', REDIS_URL: 'hunter2', SECRET_KEY: ['hunter2'] } },
  { a: { b: { c: { password: 'hunter2', token: 'hunter2' } } } },
])('secrets are hidden by the name of their field: %j', (fields) => {
  const { logger, lines } = record();
  logger.info(fields, 'message');
  expect(lines.join()).not.toContain('hunter2');
  expect(lines.join()).toContain('***');
});

test.each([
  'cannot reach postgres://qvara:hunter2@db:5432/ledger',
  'redis+sentinel://:hunter2@a:1,b:2/main',
  'host=db password=hunter2 user=x',
  'Authorization: Bearer hunter2hunter2',
  'key qk_hunter2hunter2',
])('secrets are hidden by their form in messages and in errors with their causes: %s', (text) => {
  const { logger, lines, last } = record();
  logger.info(text);
  logger.error({ err: new Error('outer', { cause: new Error(text) }) }, 'failed');
  logger.error({ error: new AggregateError([new Error(text)], text) }, 'failed');
  expect(lines.join()).not.toContain('hunter2');
  expect(last()).toMatchObject({ error: { type: 'AggregateError' } });
});

test('of an error only what is named passes, not the rows a database puts beside it', () => {
  const { logger, last } = record();
  logger.error({ err: Object.assign(new Error('duplicate'), { code: '23505', detail: 'Key (pin)=(123456)' }) });
  expect(last().err).toEqual({ type: 'Error', message: 'duplicate', code: '23505', stack: expect.any(String) });
});
