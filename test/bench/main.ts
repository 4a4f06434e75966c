import { BACKENDS, type BackendName } from '../support/stack.ts';
import { type BenchArguments, HELP, readArguments, UsageError } from './arguments.ts';
import { describeFigure, type Section } from './figure.ts';
import { publish } from './publish.ts';
import { loadResults, saveResult } from './results.ts';
import { SECTIONS, type SectionName } from './sections/list.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const wish = readArguments(process.argv.slice(2));
  if (wish === null) {
    say(HELP);
    return;
  }
  for (const section of wish.sections) {
    const { backends = BACKENDS }: Section = SECTIONS[section];
    for (const backend of wish.backends.filter((one) => backends.includes(one))) await measure(section, backend, wish);
  }
  if (wish.publish) await publish(await loadResults());
}

/** Measures, tells and keeps one section: what comes later may fail. */
async function measure(section: SectionName, backend: BackendName, { quick }: BenchArguments): Promise<void> {
  say(`\n${section}, queues on ${backend}`);
  const figures = await SECTIONS[section].measure({ backend, quick });
  for (const figure of figures) say(`  ${describeFigure(figure)}`);
  await saveResult({ section, backend, quick, figures });
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
