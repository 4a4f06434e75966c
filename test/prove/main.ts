import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arguments, HELP, readArguments, UsageError } from './arguments.ts';
import { prove } from './prove.ts';
import { renderReport } from './report.ts';
import { isClean } from './verdict.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Runs the proof as the command line says; answers the exit status. */
async function main(): Promise<number> {
  const wish = readArguments(process.argv.slice(2), () => randomInt(2 ** 32));
  if (wish === null) {
    say(HELP);
    return 0;
  }
  const { seed, minutes, backend } = wish;
  const folder = join(tmpdir(), `qvara-prove-${backend}-${seed}-${process.pid}`);
  say(`prove --seed ${seed} --minutes ${minutes} --backend ${backend}`);
  say(`folder ${folder}`);
  const clean = await run(wish, folder);
  if (clean && !wish.keep) await rm(folder, { recursive: true, force: true });
  else say(`kept: ${folder} (databases, logs, accepted.ndjson, faults.log)`);
  say(`seed ${seed}: ${clean ? 'all zeros' : 'NOT all zeros'}`);
  return clean ? 0 : 1;
}

async function run(wish: Arguments, folder: string): Promise<boolean> {
  const findings = await prove(wish, folder);
  say(renderReport(findings));
  return isClean(findings.verdict);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(2));

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    error instanceof UsageError ? `${error.message}\n\n${HELP}` : `it could not run: ${(error as Error).stack}\n`,
  );
  process.exitCode = 2;
}
