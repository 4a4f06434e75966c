import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

type Postmaster = { pid: number; status: string };

/** What postmaster.pid says, if it is there: the server's process and how far it has come ("ready" in the end). */
export function readPostmaster(folder: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return pid > 0 ? { pid, status: lines[7]?.trim() ?? '' } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stops the server that a killed predecessor left running on this folder, and clears its mark when the process that
 * has its number by now is somebody else. Throws when it cannot be stopped.
 */
export async function stopLeftover(folder: string): Promise<void> {
  const leftover = readPostmaster(folder);
  if (!leftover || !isAlive(leftover.pid)) return;
  if (!isServing(leftover.pid, folder)) {
    rmSync(join(folder, 'postmaster.pid'), { force: true });
    return;
  }
  for (const [signal, patienceMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5_000],
  ] as const) {
    process.kill(leftover.pid, signal);
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await pause(20)) {
      if (!isAlive(leftover.pid) || !isServing(leftover.pid, folder)) return;
    }
  }
  throw new Error(
    `A database server (process ${leftover.pid}) still runs on ${folder} and does not stop. End it and start again.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A server works in its data folder; elsewhere than on Linux the living process is taken for the server. */
function isServing(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}
