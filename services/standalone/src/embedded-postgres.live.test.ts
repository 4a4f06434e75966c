import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { findFreePort } from './free-port.ts';

let outer: string;
let folder: string;
const started: EmbeddedPostgres[] = [];

beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), 'qvara-embedded-'));
  folder = join(outer, 'private', 'a long name that no unix socket could have '.repeat(3), 'postgres');
  mkdirSync(join(outer, 'private'), { mode: 0o700 });
});

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  rmSync(outer, { recursive: true });
});

test('starts in a folder nobody else may enter, with a password only the owner may read', async () => {
  const server = await start();
  expect(statSync(`${folder}.password`).mode & 0o777).toBe(0o600);
  expect(await query(server.url('postgres'), 'select current_user as answer')).toBe('postgres');
  const password = readFileSync(`${folder}.password`, 'utf8');
  const withoutIt = server.url('postgres').replace(password, 'guess');
  await expect(query(withoutIt, 'select 1 as answer')).rejects.toThrow(/password/);
  expect(readFileSync(server.logFile, 'utf8')).not.toContain(password);
});

test('a stop and a second start keep the data', async () => {
  const first = await start();
  await first.ensureDatabase('kept');
  await query(first.url('kept'), 'create table note as select 42 as answer');
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  const second = await start();
  await second.ensureDatabase('kept');
  expect(await query(second.url('kept'), 'select answer from note')).toBe(42);
});

test('a parent that is killed leaves nothing running and loses no data', async () => {
  const parent = await startParent();
  await query(parent.url, 'create table note as select 42 as answer');
  parent.process.kill('SIGKILL');
  await eventually(() => !isAlive(parent.serverPid) && !isAlive(parent.watchdogPid), { describe: 'both are gone' });
  const server = await start();
  expect(await query(server.url('postgres'), 'select answer from note')).toBe(42);
});

test('a start finds a server that lost its watchdog too, stops it and keeps the data', async () => {
  const parent = await startParent();
  await query(parent.url, 'create table note as select 42 as answer');
  process.kill(parent.watchdogPid, 'SIGKILL');
  parent.process.kill('SIGKILL');
  await once(parent.process, 'exit');
  expect(isAlive(parent.serverPid)).toBe(true);
  const server = await start();
  await eventually(() => !isAlive(parent.serverPid), { describe: 'the leftover is gone' });
  expect(await query(server.url('postgres'), 'select answer from note')).toBe(42);
});

test('a server killed outright comes back with what was committed', async () => {
  const first = await start();
  await query(first.url('postgres'), 'create table note as select 42 as answer');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await start();
  expect(await query(second.url('postgres'), 'select answer from note')).toBe(42);
});

test('a port in use is refused by name', async () => {
  const port = await findFreePort();
  const first = await start({ port });
  expect(first.port).toBe(port);
  folder = join(outer, 'other');
  await expect(start({ port })).rejects.toThrow(`Port ${port} is in use`);
});

test('a setting the server refuses is reported with its log', async () => {
  await expect(start({ settings: { shared_buffers: 'lots' } })).rejects.toThrow(/shared_buffers/);
});

async function start(options: { port?: number; settings?: Record<string, string> } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder, ...options });
  started.push(server);
  return server;
}

type Parent = { process: ChildProcess; url: string; serverPid: number; watchdogPid: number };

/** Starts the server from a process of its own, which can be killed. */
async function startParent(): Promise<Parent> {
  const module = new URL('./embedded-postgres.ts', import.meta.url).href;
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    const server = await startEmbeddedPostgres({ folder: ${JSON.stringify(folder)} });
    console.log(JSON.stringify({ url: server.url('postgres'), serverPid: server.pid }));
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url, serverPid } = JSON.parse(line);
  return { process: child, url, serverPid, watchdogPid: parentOf(serverPid) };
}

function parentOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^PPid:\s*(\d+)/m)?.[1]);
}

async function query(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows[0]?.answer;
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
