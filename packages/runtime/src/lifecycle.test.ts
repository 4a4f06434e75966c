import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConfigError } from './config.ts';
import { runService, type Service } from './lifecycle.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function stage(start: () => Promise<Service>) {
  const emitter = new EventEmitter();
  const exits: number[] = [];
  const sent: unknown[] = [];
  const said: string[] = [];
  const logged: string[] = [];
  const log = (first: unknown, message?: string) => void logged.push(message ?? String(first));
  const host = Object.assign(emitter, {
    exit: (code: number) => void exits.push(code),
    send: (message: unknown) => void sent.push(message),
    stderr: { write: (text: string) => said.push(text) },
  });
  const running = runService({ name: 'intake', logger: { info: log, error: log, fatal: log }, start, host });
  return { emitter, exits, sent, said, logged, running };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

test('a parent is told when the service is ready, with its port', async () => {
  const { running, sent, exits } = stage(async () => ({ port: 4000, stop: async () => undefined }));
  await running;
  expect(sent).toEqual([{ ready: true, port: 4000 }]);
  expect(exits).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM', 'disconnect'])('%s stops once, with the deadline, and exits with 0', async (event) => {
  const stop = vi.fn(async () => undefined);
  const { running, emitter, exits } = stage(async () => ({ stop }));
  await running;
  emitter.emit(event);
  emitter.emit(event);
  await settle();
  expect(stop.mock.calls).toEqual([[10_000]]);
  expect(exits).toEqual([0]);
});

test('a stop that overruns its deadline exits with 1', async () => {
  const { running, emitter, exits, logged } = stage(async () => ({ stop: () => new Promise(() => undefined) }));
  await running;
  emitter.emit('SIGTERM');
  await vi.advanceTimersByTimeAsync(9999);
  expect(exits).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(exits).toEqual([1]);
  expect(logged.at(-1)).toBe('intake did not stop within 10000 ms');
});

test('a stop that fails exits with 1', async () => {
  const { running, emitter, exits } = stage(async () => ({ stop: async () => Promise.reject(new Error('no')) }));
  await running;
  emitter.emit('SIGTERM');
  await settle();
  expect(exits).toEqual([1]);
});

test('signals that come together are one wish, a later one ends the process at once', async () => {
  const { running, emitter, exits } = stage(async () => ({ stop: () => new Promise(() => undefined) }));
  await running;
  emitter.emit('SIGINT');
  await vi.advanceTimersByTimeAsync(500);
  emitter.emit('SIGTERM');
  expect(exits).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  emitter.emit('disconnect');
  expect(exits).toEqual([]);
  emitter.emit('SIGINT');
  expect(exits).toEqual([1]);
});

test('a signal during the start stops what the start brought up', async () => {
  const started = Promise.withResolvers<Service>();
  const stop = vi.fn(async () => undefined);
  const { emitter, exits } = stage(() => started.promise);
  emitter.emit('SIGTERM');
  started.resolve({ stop });
  await settle();
  expect(stop).toHaveBeenCalledOnce();
  expect(exits).toEqual([0]);
});

test.each(['uncaughtException', 'unhandledRejection'])(
  '%s is logged, stops the service and exits with 1',
  async (event) => {
    const stop = vi.fn(async () => undefined);
    const { running, emitter, exits, logged } = stage(async () => ({ stop }));
    await running;
    emitter.emit(event, new Error('bug'));
    await settle();
    expect(logged).toContain('intake met an error that nobody caught');
    expect(stop).toHaveBeenCalledOnce();
    expect(exits).toEqual([1]);
  },
);

test('a bad configuration is told without a stack and exits with 1', async () => {
  const { running, said, exits } = stage(async () => {
    throw new ConfigError(['DATABASE_URL is required']);
  });
  await running;
  expect(said).toEqual(['intake: The configuration cannot be used:\n  - DATABASE_URL is required\n']);
  expect(exits).toEqual([1]);
});

test('a start that fails, even at once, is logged and exits with 1', async () => {
  const { running, exits, logged, sent } = stage(() => {
    throw new Error('port taken');
  });
  await running;
  expect([exits, logged, sent]).toEqual([[1], ['intake could not start'], []]);
});
