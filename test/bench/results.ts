import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { z } from 'zod';

const figure = z.object({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  goal: z.union([z.object({ atLeast: z.number() }), z.object({ atMost: z.number() })]).optional(),
});

const results = z.object({
  /** Raised when a reader of the file would have to change. */
  version: z.literal(1),
  at: z.iso.datetime(),
  machine: z.object({ cores: z.number(), platform: z.string(), node: z.string() }),
  results: z.array(
    z.object({
      section: z.string(),
      backend: z.enum(['redis', 'postgres']),
      quick: z.boolean(),
      figures: z.array(figure).readonly(),
    }),
  ),
});

/** What is kept of a run, in test/bench/results.json. */
export type Results = z.infer<typeof results>;
export type Measured = Results['results'][number];

const FILE = new URL('./results.json', import.meta.url);

/** Keeps what was measured, beside what was kept of other sections. */
export async function saveResult(measured: Measured): Promise<void> {
  const kept = (await loadResults().catch(() => null))?.results ?? [];
  const all: Results = {
    version: 1,
    at: new Date().toISOString(),
    machine: {
      cores: availableParallelism(),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
    },
    results: [
      ...kept.filter(({ section, backend }) => section !== measured.section || backend !== measured.backend),
      measured,
    ],
  };
  await writeFile(FILE, `${JSON.stringify(all, null, 2)}\n`);
}

/** The results that are kept. Throws when there are none, or of another version. */
export async function loadResults(): Promise<Results> {
  return results.parse(JSON.parse(await readFile(FILE, 'utf8')));
}
