import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** One server process to run, and how to stop it: each signal is followed by the next when it did not help in time. */
export type ServerOrder = {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  logFile: string;
  owner?: { uid: number; gid: number };
  stopSignals: { signal: NodeJS.Signals; patienceMs: number }[];
  /** A folder to remove once the server is gone, for tests. */
  removeAfterwards?: string;
};

/** A server that cannot outlive this process, however this process ends. */
export type GuardedServer = {
  pid: number;
  /** Resolves when the server is gone, wanted or not. */
  exited: Promise<void>;
  hasExited(): boolean;
  /** Stops the server; resolves when it is gone. Calling it twice is harmless. */
  stop(): Promise<void>;
};

/**
 * Starts a server outside the terminal's process group, under a watchdog that stops it when this process is gone, by
 * SIGKILL too. Nothing keeps this process alive for it. Throws when the program cannot be started.
 */
export async function startGuardedServer(order: ServerOrder): Promise<GuardedServer> {
  const watchdog = spawn(
    process.execPath,
    [fileURLToPath(new URL('./watchdog.ts', import.meta.url)), JSON.stringify(order)],
    {
      cwd: '/',
      detached: true,
      env: order.env,
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  let gone = false;
  const exited = once(watchdog, 'exit').then(() => {
    gone = true;
  });
  // The watchdog may be gone before it hears that it should stop.
  watchdog.stdin.on('error', () => {});
  const pid = await readPid(watchdog, order.command);
  for (const handle of [watchdog, watchdog.stdin as Socket, watchdog.stdout as Socket]) handle.unref();
  return {
    pid,
    exited,
    hasExited: () => gone,
    async stop() {
      watchdog.ref();
      watchdog.stdin.end();
      await exited;
    },
  };
}

async function readPid(watchdog: ChildProcess, command: string): Promise<number> {
  if (!watchdog.stdout) throw new Error('The watchdog has no output.');
  for await (const line of createInterface({ input: watchdog.stdout })) {
    const answer = JSON.parse(line) as { pid: number } | { error: string };
    if ('pid' in answer) return answer.pid;
    throw new Error(`${command} could not be started: ${answer.error}`);
  }
  throw new Error(`${command} could not be started: its watchdog ended.`);
}
