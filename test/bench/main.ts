import { writeFile } from 'node:fs/promises';
import { type BenchArguments, HELP, readArguments, UsageError } from './arguments.ts';
import { describeFigure, type Section } from './figure.ts';
import { SECTIONS } from './sections/list.ts';

const RESULTS = new URL('./results.json', import.meta.url);
const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const wish = readArguments(process.argv.slice(2));
  if (wish === null) {
    say(HELP);
    return;
  }
  const results = await measure(wish);
  await writeFile(
    RESULTS,
    `${JSON.stringify({ at: new Date().toISOString(), quick: wish.quick, results }, null, 2)}\n`,
  );
}

async function measure({ sections, backends, quick }: BenchArguments) {
  const results = [];
  for (const section of sections) {
    const { measure: measureOn, backends: only = backends }: Section = SECTIONS[section];
    for (const backend of only.filter((one) => backends.includes(one))) {
      say(`\n${section}, queues on ${backend}`);
      const figures = await measureOn({ backend, quick });
      for (const figure of figures) say(`  ${describeFigure(figure)}`);
      results.push({ section, backend, figures });
    }
  }
  return results;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(2));

try {
  await main();
} catch (error) {
  process.stderr.write(
    error instanceof UsageError ? `${error.message}\n\n${HELP}` : `it could not measure: ${(error as Error).stack}\n`,
  );
  process.exitCode = 2;
}
