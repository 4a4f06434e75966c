#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { EXIT } from './exit-status.ts';

// Most of a short command is the loading of its modules.
enableCompileCache();
const { run } = await import('./run.ts');

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads the results has gone: there is nothing left to do.
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  process.stderr.write(`What was answered cannot be written: ${error.message}\n`);
  process.exit(EXIT.unavailable);
});
process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), {
  url: process.env.QVARA_URL || undefined,
  key: process.env.QVARA_API_KEY || undefined,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
});
