import { readFileSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type GuardedServer, type ServerOrder, startGuardedServer } from './guarded-server.ts';
import type { PostgresFolder } from './postgres-folder.ts';
import { readPostmaster } from './postmaster.ts';
import { systemEnvironment } from './server-account.ts';

const startDeadlineMs = 60_000;
const largeLogBytes = 10_000_000;
const stopSignals: ServerOrder['stopSignals'] = [
  { signal: 'SIGINT', patienceMs: 15_000 },
  { signal: 'SIGQUIT', patienceMs: 5_000 },
];

/** Which program serves which folder, and a folder to remove once it is gone (for tests). */
export type PostgresOrder = { postgres: string; prepared: PostgresFolder; removeAfterwards?: string };

/** The server's log stands beside its data folder. */
export const logFileOf = (folder: string): string => `${folder}.log`;

/** Runs the server under its watchdog and waits until it takes connections. Throws with the end of its log. */
export async function servePostgres(order: PostgresOrder): Promise<GuardedServer> {
  const logFile = logFileOf(order.prepared.folder);
  if (sizeOf(logFile) > largeLogBytes) truncateSync(logFile);
  const deadline = performance.now() + startDeadlineMs;
  while (performance.now() < deadline) {
    const logStart = sizeOf(logFile);
    const server = await startGuardedServer(asServerOrder(order, logFile));
    if (await becomesReady(server, order.prepared.folder, deadline)) return server;
    await server.stop();
    const log = readLog(logFile, logStart);
    // The sessions of a server that was killed take a moment to notice.
    if (!/shared memory block .* still in use|lock file .* already exists/.test(log)) {
      throw new Error(`PostgreSQL does not start. The end of its log (${logFile}):\n${log.trim().slice(-2_000)}`);
    }
    await pause(100);
  }
  throw new Error(`PostgreSQL did not come up within ${startDeadlineMs / 1_000} s. Its log: ${logFile}`);
}

function asServerOrder({ postgres, prepared, removeAfterwards }: PostgresOrder, logFile: string): ServerOrder {
  const [command = postgres, ...args] = [...prepared.account.prefix, postgres, '-D', prepared.folder];
  return {
    command,
    args,
    cwd: '/',
    env: systemEnvironment,
    logFile,
    stopSignals,
    ...(prepared.account.owner && { owner: prepared.account.owner }),
    ...(removeAfterwards && { removeAfterwards }),
  };
}

async function becomesReady(server: GuardedServer, folder: string, deadline: number): Promise<boolean> {
  while (!server.hasExited() && performance.now() < deadline) {
    const postmaster = readPostmaster(folder);
    if (postmaster?.pid === server.pid && postmaster.status === 'ready') return true;
    await pause(10);
  }
  return false;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readLog(file: string, start: number): string {
  return sizeOf(file) > 0 ? readFileSync(file).subarray(start).toString() : '';
}
