import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const TIME_LIMIT_MS = 300_000;

interface Part {
  name: string;
  command: [program: string, ...args: string[]];
  repair: string;
}

interface Outcome {
  passed: boolean;
  seconds: number;
  output: string;
}

const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);

/** The longest first: that is what two cores finish soonest. */
const PARTS: Part[] = [
  {
    name: 'tests',
    command: [bin('vitest'), 'run', '--project', 'pure'],
    repair: 'Repair the code, or the test if the promise has changed.',
  },
  {
    name: 'types',
    command: [bin('tsc'), '-p', 'tsconfig.json'],
    repair: 'Repair the types where they are declared; no cast and no "any".',
  },
  {
    name: 'dead-code',
    command: [bin('knip'), '--no-progress', '--no-config-hints'],
    repair: 'Delete what nobody uses; drop "export" where only the file itself does.',
  },
  {
    name: 'architecture',
    command: [process.execPath, 'test/architecture/imports.ts'],
    repair: 'Move the code to the package that may know it; the rules are in test/architecture/dependency-rules.cjs.',
  },
  {
    name: 'style',
    command: [bin('biome'), 'check', '--error-on-warnings', '--max-diagnostics=20', '.'],
    repair: 'Run "npx pnpm@12 format"; what is left is to be repaired by hand.',
  },
];

const HELP = `Checks the repository without starting a server; takes seconds.

  npx pnpm@12 check            all parts
  npx pnpm@12 check <part>...  only these: ${PARTS.map(({ name }) => name).join(', ')}

  tests         the pure tests            types         TypeScript, the whole workspace
  dead-code     unused files, exports     architecture  who may import whom
                and dependencies          style         format and lint

Exit status: 0 if all parts passed, 1 if one failed, 2 if a part is not known.
`;

function run({ command: [program, ...args] }: Part): Promise<Outcome> {
  const startedAt = performance.now();
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const finish = (passed: boolean, note = '') =>
    resolve({ passed, seconds: (performance.now() - startedAt) / 1000, output: Buffer.concat(chunks) + note });

  const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' };
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIME_LIMIT_MS });
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  child.on('error', (error) => finish(false, `${error.message}\n`));
  child.on('close', (code, signal) => finish(code === 0, signal === null ? '' : `\nended by ${signal}\n`));
  return promise;
}

function report({ name, repair }: Part, { passed, seconds, output }: Outcome): void {
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(12)}  ${seconds.toFixed(1).padStart(5)} s`);
  if (!passed) console.log(`\n${output.trim()}\n\nTo repair: ${repair}\n`);
}

async function runAll(parts: Part[]): Promise<boolean> {
  const waiting = parts.values();
  let passed = true;
  const lane = async () => {
    for (const part of waiting) {
      const outcome = await run(part);
      report(part, outcome);
      passed &&= outcome.passed;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return passed;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
  if (values.help || unknown.length > 0) {
    console.log(unknown.length > 0 ? `No such part: ${unknown.join(', ')}\n\n${HELP}` : HELP);
    return unknown.length > 0 ? 2 : 0;
  }
  const parts = positionals.length === 0 ? PARTS : PARTS.filter(({ name }) => positionals.includes(name));
  return (await runAll(parts)) ? 0 : 1;
}

process.exitCode = await main();
