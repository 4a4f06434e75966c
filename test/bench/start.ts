import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCaller } from './caller.ts';
import { samplePayload } from './rivals/accepted.ts';

const MAIN = fileURLToPath(new URL('../../services/standalone/src/main.ts', import.meta.url));

/** Seconds from the start of everything on one machine, with no data yet, to the first 202. */
export type Starts = {
  readonly first: number;
  /** When Node has compiled the modules before. */
  readonly again: number;
};

/** Starts everything twice, each time without data; the first time nothing is compiled either. */
export async function measureStarts(): Promise<Starts> {
  const compiled = await mkdtemp(join(tmpdir(), 'qvara-bench-compiled-'));
  try {
    return { first: await measureStart(compiled), again: await measureStart(compiled) };
  } finally {
    await rm(compiled, { recursive: true, force: true });
  }
}

async function measureStart(compiled: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'qvara-bench-start-'));
  const data = join(folder, 'data');
  const ports = { INTAKE_PORT: '0', WORKER_PORT: '0', CONSOLE_PORT: '0' };
  const startedMs = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: compiled, DATA_DIR: data, LOG_LEVEL: 'warn', ...ports },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    let printed = '';
    const up = Promise.withResolvers<void>();
    child.stdout.on('data', (piece: Buffer) => {
      printed += piece;
      if (printed.includes('Ctrl-C stops everything')) up.resolve();
    });
    await Promise.race([up.promise, ended.then(() => Promise.reject(new Error(`it did not start: ${printed}`)))]);
    const url = /http:\/\/[0-9.]+:[0-9]+(?=\/v1\b)/.exec(printed)?.[0] ?? '';
    const caller = openCaller(url, (await readFile(join(data, 'api-key'), 'utf8')).trim(), 1);
    const { status, text } = await caller.post('/v1/jobs', { type: 'customer.provision', payload: samplePayload(1) });
    if (status !== 202) throw new Error(`not accepted: ${status} ${text}`);
    const tookMs = performance.now() - startedMs;
    await caller.close();
    return tookMs / 1_000;
  } finally {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}
