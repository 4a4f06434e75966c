import { parseArgs } from 'node:util';
import type { BackendName } from '../support/stack.ts';

export type Arguments = {
  readonly seed: number;
  readonly minutes: number;
  readonly backend: BackendName;
  /** Keep the folder even when all is well. */
  readonly keep: boolean;
};

export const HELP = `Proves that nothing is lost and nothing happens twice: runs the product as real processes (2 intakes, 3 workers, a
PostgreSQL and a Redis of its own, on 127.0.0.1), puts it under random load and random faults, then compares the whole
ledger with the platform's journal, the event log and what the load was promised.

Usage: npx pnpm@12 prove [--seed N] [--minutes M] [--backend redis|postgres] [--keep]

  --seed N       repeats the plan of an earlier run; without it one is drawn and printed
  --minutes M    how long load and faults last, 1 by default; may be a fraction. Settling comes on top
  --backend B    where the queues are: redis (default; append-only file, fsync every second) or postgres
  --keep         keeps the folder with databases, logs and the load's own log; it is kept anyway when a row is not zero
  --help         this text

Examples:
  npx pnpm@12 prove
  npx pnpm@12 prove --minutes 10 --backend postgres
  npx pnpm@12 prove --seed 42 --minutes 0.5 --keep

Exit status: 0 when every row that must be zero is zero, 1 when one is not, 2 when it could not run.
`;

/** A wrong command line, in words for whoever typed it. */
export class UsageError extends Error {}

/** Reads the command line; null asks for the help. `draw` gives a seed where none is named. Throws UsageError. */
export function readArguments(argv: readonly string[], draw: () => number): Arguments | null {
  const options = {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'redis' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parse(() => parseArgs({ args: [...argv], options }));
  if (values.help) return null;
  const seed = values.seed === undefined ? draw() : Number(values.seed);
  const minutes = Number(values.minutes);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new UsageError(`--seed is a whole number from 0 to ${2 ** 32 - 1}`);
  if (!(minutes > 0 && minutes <= 600)) throw new UsageError('--minutes is a number greater than 0, up to 600');
  const { backend } = values;
  if (backend !== 'redis' && backend !== 'postgres') throw new UsageError('--backend is redis or postgres');
  return { seed, minutes, backend, keep: values.keep };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
