import { EventEmitter } from 'node:events';
import { beforeEach, expect, it, vi } from 'vitest';
import { readEnvironment } from './environment.ts';

const exit = vi.fn<(code?: number | string | null) => never>();
beforeEach(() => void exit.mockClear());
const hostWith = (env: Record<string, string>) => Object.assign(new EventEmitter(), { env, exit });

it('is the environment of the process, where nobody says anything else', async () => {
  const env = { HOST: '127.0.0.1' };
  expect(await readEnvironment(hostWith(env))).toBe(env);
});

it('is what a parent sends over the environment, where the parent says that it will', async () => {
  const host = hostWith({ QVARA_SETTINGS_FROM: 'parent', HOST: '127.0.0.1', PATH: '/bin' });
  const settings = readEnvironment(host);
  host.emit('message', { settings: { HOST: '::1', SECRET_KEY: 'sent' } });
  expect(await settings).toMatchObject({ HOST: '::1', SECRET_KEY: 'sent', PATH: '/bin' });
  host.emit('disconnect');
  expect(exit).not.toHaveBeenCalled();
});

it('ends the process when the parent ends before it has sent them', () => {
  const host = hostWith({ QVARA_SETTINGS_FROM: 'parent' });
  void readEnvironment(host);
  host.emit('disconnect');
  expect(exit).toHaveBeenCalledExactlyOnceWith(1);
});
