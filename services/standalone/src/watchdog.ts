// A process of its own: runs one server and stops it when stdin ends, which the kernel sees to however the parent died.
import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import type { ServerOrder } from './guarded-server.ts';

const order = JSON.parse(process.argv[2] ?? '{}') as ServerOrder;
const log = openSync(order.logFile, 'a', 0o600);
const { command, args, cwd, env, owner, stopSignals } = order;
const server = spawn(command, args, { cwd, env, ...owner, stdio: ['ignore', log, log] });
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
let stopping = false;

server.on('spawn', () => say({ pid: server.pid }));
server.on('error', ({ message }) => leave(message));
server.on('exit', () => leave());
process.stdout.on('error', () => {});
process.stdin.on('error', stop).on('end', stop).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

function stop(): void {
  if (stopping) return;
  stopping = true;
  let elapsedMs = 0;
  for (const { signal, patienceMs } of stopSignals) {
    setTimeout(() => server.kill(signal), elapsedMs).unref();
    elapsedMs += patienceMs;
  }
  setTimeout(() => server.kill('SIGKILL'), elapsedMs).unref();
}

function leave(error?: string): void {
  if (error) say({ error });
  if (order.removeAfterwards) rmSync(order.removeAfterwards, { recursive: true, force: true });
  process.exitCode = error || !stopping ? 1 : 0;
  process.stdin.destroy();
}
