import { describe, expect, test } from 'vitest';
import { parseRedisUrl } from './redis-url.ts';

describe('REDIS_URL', () => {
  test('one server, with and without port, login and database', () => {
    expect(parseRedisUrl('redis://cache')).toEqual({
      form: 'single',
      node: { host: 'cache', port: 6379 },
      db: 0,
      tls: false,
    });
    expect(parseRedisUrl(' rediss://ann:p%40ss%2C@[::1]:7000/3 ')).toEqual({
      form: 'single',
      node: { host: '::1', port: 7000 },
      db: 3,
      tls: true,
      username: 'ann',
      password: 'p@ss,',
    });
    expect(parseRedisUrl('redis://:secret@h')).toMatchObject({ password: 'secret' });
    expect(parseRedisUrl('redis://:secret@h')).not.toHaveProperty('username');
  });

  test('Sentinel, with the name of the master', () => {
    expect(parseRedisUrl('redis+sentinel://:p:w@a:26379,b,[::1]:5/main/2')).toEqual({
      form: 'sentinel',
      sentinels: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 26379 },
        { host: '::1', port: 5 },
      ],
      master: 'main',
      db: 2,
      password: 'p:w',
    });
  });

  test('a comma list is a cluster', () => {
    expect(parseRedisUrl('rediss://a:7000, rediss://u:w@b:7001')).toEqual({
      form: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
      ],
      tls: true,
      username: 'u',
      password: 'w',
    });
  });

  test.each([
    '',
    'hunter2',
    'http://u:hunter2@h',
    'redis://',
    'redis://u:hunter2@h:99999',
    'redis://u:hunter2%zz@h',
    'redis://u:hunter2@h/main',
    'redis://u:hunter2@h?x=1',
    'redis://u:hunter2@a,',
    'redis://u:hunter2@a,rediss://b',
    'redis://u:hunter2@a/1,redis://b',
    'redis+sentinel://u:hunter2@a:1',
    'redis+sentinel://u:hunter2@a:1/main/x',
    'redis+sentinel://u:hunter2@,/main',
  ])('a malformed value is refused with the accepted forms and without its password: %s', (text) => {
    const refusal = catchError(() => parseRedisUrl(text));
    expect(refusal.message).toMatch(/^REDIS_URL cannot be used: .+ Accepted: redis:\/\/.*redis\+sentinel/);
    expect(refusal.message).not.toContain('hunter2');
  });
});

function catchError(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
