import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { INHERITED } from './inherited.ts';

export type ServiceName = 'intake' | 'worker' | 'console';
export type ServiceOptions = {
  /** The whole environment besides PATH; ports default to any free one. */
  env: Record<string, string>;
  /** Options for node, such as ['--import', '/a/preload.ts']. */
  nodeOptions?: string[];
};

/** A service as a real process. */
export type ServiceProcess = {
  name: string;
  pid: number;
  /** Where it answers. */
  url: string;
  port: number;
  /** What it has written so far. */
  log(): string;
  /** SIGTERM, or another signal; resolves with the exit status when it is gone. Throws when it does not go. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** SIGKILL: no goodbye. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
};

const readyDeadlineMs = 60_000;
const stopDeadlineMs = 20_000;

/** Starts a service and waits for its ready message. Throws with its log when it does not come up. */
export async function startService(
  name: ServiceName,
  { env, nodeOptions = [] }: ServiceOptions,
): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url));
  return startProcess(name, [...nodeOptions, main], {
    ...INHERITED,
    INTAKE_PORT: '0',
    WORKER_PORT: '0',
    CONSOLE_PORT: '0',
    ...env,
  });
}

async function startProcess(name: string, args: string[], env: Record<string, string>): Promise<ServiceProcess> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const pieces: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => pieces.push(piece));
  const log = () => Buffer.concat(pieces).toString();
  const ended = once(child, 'close');
  const port = await within(readyDeadlineMs, Promise.race([ready(child), ended.then(() => undefined)]));
  if (port === undefined) {
    child.kill('SIGKILL');
    await ended;
    throw new Error(`${name} did not become ready (exit status ${child.exitCode}). Its log:\n${log()}`);
  }
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    if ((await within(stopDeadlineMs, ended)) !== undefined) return child.exitCode;
    child.kill('SIGKILL');
    throw new Error(`${name} did not stop within ${stopDeadlineMs} ms of ${signal}. Its log:\n${log()}`);
  };
  return {
    name,
    pid: child.pid ?? 0,
    port,
    url: `http://127.0.0.1:${port}`,
    log,
    stop,
    kill: async () => void (await stop('SIGKILL')),
    signal: (signal) => void child.kill(signal),
  };
}

function ready(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('message', (message: { ready?: boolean; port?: number }) => {
      if (message.ready) resolve(message.port ?? 0);
    });
  });
}

/** Answers what `work` does, or undefined at the deadline. */
async function within<T>(deadlineMs: number, work: Promise<T>): Promise<T | undefined> {
  const timeout = Promise.withResolvers<undefined>();
  const timer = setTimeout(timeout.resolve, deadlineMs, undefined);
  try {
    return await Promise.race([work, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
