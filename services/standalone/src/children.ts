import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@qvara/runtime/config';
import { SETTINGS_FROM } from '@qvara/runtime/environment';
import { machineEnvironment, pickEnvironment, type ServiceName } from './child-environment.ts';

/** A service running as a process of its own. */
export type Child = {
  name: ServiceName;
  /**
   * Sends it the settings it waits for. Resolves with the real port once the service answers; rejects when it ends before or
   * takes too long.
   */
  serve(env: Environment): Promise<number>;
  /** Resolves with the reason when the process is gone. */
  ended: Promise<string>;
  /** Asks it to stop, and kills it when it has not within `patienceMs`. */
  stop(patienceMs: number): Promise<void>;
};

const readyDeadlineMs = 30_000;
/** Where Node keeps what it has compiled: a service that was started before is up in half the time. */
const compiled = fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url));

/**
 * Starts a service outside the terminal's process group, so that Ctrl-C reaches standalone alone, which stops all in
 * order. It loads its modules and waits for its settings. The IPC channel is its lifeline: it breaks when standalone is
 * gone, and the service then stops by itself.
 */
export function startChild(name: ServiceName, env: Environment): Child {
  const main = fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    detached: true,
    env: { NODE_COMPILE_CACHE: compiled, ...machineEnvironment(env), [SETTINGS_FROM]: 'parent' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(
    ([code, signal]) => `${name} ended ${signal ? `by ${signal}` : `with exit status ${code}`}`,
    (error: Error) => `${name} could not be started: ${error.message}`,
  );
  return {
    name,
    serve: (settings) => {
      const ready = waitUntilReady(child, ended);
      // What goes wrong here shows as its end.
      if (child.connected) child.send({ settings: pickEnvironment(name, settings) }, () => undefined);
      return ready;
    },
    ended,
    stop: (patienceMs) => stopChild(child, ended, patienceMs),
  };
}

function waitUntilReady(child: ChildProcess, ended: Promise<string>): Promise<number> {
  const ready = new Promise<number>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not ready within ${readyDeadlineMs / 1_000} s; its log above may say why`)),
      readyDeadlineMs,
    );
    child.on('message', (message: { ready?: boolean; port?: number }) => {
      if (!message.ready) return;
      clearTimeout(timer);
      resolve(message.port ?? 0);
    });
    void ended.then((reason) => {
      clearTimeout(timer);
      reject(new Error(`${reason} before it was ready; its log above says why`));
    });
  });
  // Whoever awaits it hears of it; a stop during the start must not be an unhandled rejection.
  ready.catch(() => {});
  return ready;
}

async function stopChild(child: ChildProcess, ended: Promise<string>, patienceMs: number): Promise<void> {
  if (patienceMs > 0) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(timer);
}
