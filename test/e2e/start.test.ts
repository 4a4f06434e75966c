import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { INHERITED } from '../support/inherited.ts';

const MAIN = fileURLToPath(new URL('../../services/standalone/src/main.ts', import.meta.url));
const run = promisify(execFile);

let folder: string;
let child: ChildProcess | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qvara-start-'));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await eventually(() => processesIn(folder).length === 0, { deadlineMs: 15_000, describe: 'nothing runs any more' });
  rmSync(folder, { recursive: true, force: true });
});

/** Starts everything on one machine and answers what it printed once it is up. */
async function start(): Promise<string> {
  const env = {
    ...INHERITED,
    DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: 'warn',
    INTAKE_PORT: '0',
    WORKER_PORT: '0',
    CONSOLE_PORT: '0',
  };
  child = spawn(process.execPath, [MAIN], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => (printed += piece));
  await eventually(() => printed.includes('Ctrl-C stops everything'), {
    deadlineMs: 30_000,
    describe: () => `it is up; it printed ${printed}`,
  });
  return printed;
}

async function stop(signal: NodeJS.Signals): Promise<number | null> {
  const running = child as ChildProcess;
  const ended = once(running, 'exit');
  running.kill(signal);
  await ended;
  return running.exitCode;
}

/** Every process that works in this folder, or has it on its command line: services get their settings another way. */
function processesIn(path: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false;
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === path || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path);
    } catch {
      return false;
    }
  });
}

const keyFile = () => join(folder, 'data', 'api-key');

function apiOf(printed: string) {
  const url = /(http:\/\/[0-9.]+:[0-9]+)\/v1\b/.exec(printed)?.[1] as string;
  return createApi([url], readFileSync(keyFile(), 'utf8').trim());
}

it('starts everything, and the curl it prints ends in an active customer', async () => {
  const printed = await start();
  const curl = printed.slice(printed.indexOf('curl -sS'), printed.indexOf('Ctrl-C')).trim();
  const { stdout } = await run('sh', ['-c', curl], { cwd: folder });
  const job = JSON.parse(stdout);
  expect(job).toMatchObject({ state: 'completed', type: 'customer.provision' });
  const customer = await apiOf(printed).customer(job.customerId);
  expect(customer).toMatchObject({ serviceStatus: 'active', container: { id: '100001' }, tenant: { number: '001' } });
  expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  expect(await stop('SIGINT')).toBe(0);
  expect(processesIn(folder)).toEqual([]);
});

it('keeps the data when it is started again, also after it was killed', async () => {
  const first = await start();
  const { body } = await apiOf(first).call('POST', '/v1/jobs', {
    headers: { prefer: 'wait=20' },
    body: {
      type: 'customer.provision',
      payload: { name: 'Kept', serviceType: 'hosted-pbx', industry: 'dental', externalRef: 'kept' },
    },
  });
  expect(body.state).toBe('completed');
  await stop('SIGKILL');
  await eventually(() => processesIn(folder).length === 0, { deadlineMs: 15_000, describe: 'nothing is left running' });
  const second = await start();
  expect(await apiOf(second).customer('ref:kept')).toMatchObject({ name: 'Kept', serviceStatus: 'active' });
  expect(await stop('SIGTERM')).toBe(0);
});
