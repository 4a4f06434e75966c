import { parseArgs } from 'node:util';
import { BACKENDS, type BackendName } from '../support/stack.ts';
import type { Section } from './figure.ts';
import { SECTIONS, type SectionName } from './sections/list.ts';

export type BenchArguments = {
  readonly sections: readonly SectionName[];
  readonly backends: readonly BackendName[];
  readonly quick: boolean;
  readonly publish: boolean;
};

const NAMES = Object.keys(SECTIONS) as SectionName[];
const MAIN = NAMES.filter((name) => (SECTIONS[name] as Section).main);

export const HELP = `Measures the product on this machine: real processes, a PostgreSQL that syncs to disk, and a Redis, on 127.0.0.1.
Machines differ and are noisy: ratios within one run mean something, single figures do not.

Usage: npx pnpm@12 bench [section...] [--backend redis|postgres] [--quick] [--publish]

${NAMES.map((name) => `  ${name.padEnd(14)} ${SECTIONS[name].about}`).join('\n')}

  --backend B    where the queues are; both by default
  --quick        smaller loads, in a fraction of the time; of the sections ${MAIN.join(', ')} unless others are named
  --publish      puts the figures into docs/performance.md and its chart
  --help         this text

Examples:
  npx pnpm@12 bench --quick
  npx pnpm@12 bench fairness --backend redis

Figures are written to test/bench/results.json too, beside those of other sections. Exit status: 0 when it could measure, 2 when not.
`;

/** A wrong command line, in words for whoever typed it. */
export class UsageError extends Error {}

/** Reads the command line; null asks for the help. Throws UsageError. */
export function readArguments(argv: readonly string[]): BenchArguments | null {
  const options = {
    backend: { type: 'string' },
    quick: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parse(() => parseArgs({ args: [...argv], options, allowPositionals: true }));
  if (values.help) return null;
  const unknown = positionals.find((name) => !(name in SECTIONS));
  if (unknown !== undefined) throw new UsageError(`There is no section ${unknown}; there are ${NAMES.join(', ')}`);
  const backends = BACKENDS.filter((name) => values.backend === undefined || name === values.backend);
  if (backends.length === 0) throw new UsageError('--backend is redis or postgres');
  const unnamed = values.quick ? MAIN : NAMES.filter((name) => !(SECTIONS[name] as Section).named);
  const sections = positionals.length === 0 ? unnamed : (positionals as SectionName[]);
  return { sections, backends, quick: values.quick, publish: values.publish };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
