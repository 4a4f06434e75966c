import { readFile } from 'node:fs/promises';

/** Linux counts processor time of processes in hundredths of a second, whatever its clock. */
const TICK_MS = 10;

/** Milliseconds of processor time that these processes have used; those that are gone count nothing. */
export async function processorMs(pids: readonly number[]): Promise<number> {
  const all = await Promise.all(pids.map(ofProcess));
  return all.reduce((sum, ms) => sum + ms, 0);
}

async function ofProcess(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in parentheses, may hold anything; user and system time are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? 0 : (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
