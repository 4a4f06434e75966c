import type { BackendName } from '../support/stack.ts';
import { openCaller } from './caller.ts';
import { spreadOf } from './figures.ts';
import { type ImportCalls, importCalls } from './import-calls.ts';
import { csvOf } from './import-file.ts';
import { addSeats, onSite, type Site } from './site.ts';
import { PER_SECOND, steadily } from './steady.ts';

const ENDS = ['completed', 'completed-with-failures'] as const;
const WARM_UP_ROWS = 2_000;
const WARM_UP_S = 5;

/** Rows a second: sent and stored, judged, and from the file to active. */
export type ImportSpeed = { readonly sent: number; readonly checked: number; readonly active: number };

/** How quickly a file is taken in, tried dry, and carried out: the same file each time. */
export async function measureImport(backend: BackendName, rows: number, times: number): Promise<ImportSpeed[]> {
  return await onSite({ backend }, async (site) => {
    const calls = await openCalls(site);
    await addSeats(site, WARM_UP_ROWS + rows * times);
    await bring(calls, 'warm-up', WARM_UP_ROWS);
    const speeds: ImportSpeed[] = [];
    for (let n = 0; n < times; n++) speeds.push(await bring(calls, `run-${n}`, rows));
    return speeds;
  });
}

async function openCalls(site: Site): Promise<ImportCalls> {
  const [key = ''] = await site.keys(1);
  return importCalls(site.intakes[0]?.url ?? '', key);
}

async function bring(calls: ImportCalls, refs: string, rows: number): Promise<ImportSpeed> {
  const perSecond = (ms: number) => (1_000 * rows) / ms;
  const file = { rows, badInHundred: 0, refs };
  const [dry, sentMs] = await timed(() => calls.send(csvOf(file), 'dryRun=true'));
  const checkedMs = await calls.reached(dry.id, ['ready']);
  await calls.act(dry.id, 'cancel');
  const [id, activeMs] = await timed(async () => {
    const run = await calls.send(csvOf(file), '');
    await calls.reached(run.id, ENDS);
    return run.id;
  });
  const { totals } = await calls.read(id);
  if (totals.done !== rows) throw new Error(`not all rows are done: ${JSON.stringify(totals)}`);
  return { sent: perSecond(sentMs), checked: perSecond(checkedMs), active: perSecond(activeMs) };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedMs = performance.now();
  const result = await work();
  return [result, performance.now() - startedMs];
}

/** POST to active of single jobs in milliseconds: alone, and beside another client's import. */
export type BesideImport = {
  readonly quietP99: number;
  readonly besideP99: number;
  /** Rows that were not done when the second measurement ended. */
  readonly left: number;
};

/** What an import of one client does to the single jobs of another. */
export async function measureBesideImport(
  backend: BackendName,
  { rows, seconds }: { readonly rows: number; readonly seconds: number },
): Promise<BesideImport> {
  return await onSite({ backend }, async (site) => {
    const calls = await openCalls(site);
    const [single = ''] = await site.keys(1);
    await addSeats(site, rows + 3 * (seconds + WARM_UP_S) * PER_SECOND);
    const caller = openCaller(site.intakes[0]?.url ?? '', single, 64);
    await steadily(caller, WARM_UP_S);
    const quiet = spreadOf(await steadily(caller, seconds));
    const { id } = await calls.send(csvOf({ rows, badInHundred: 0, refs: 'beside' }), '');
    await calls.reached(id, ['running']);
    await steadily(caller, WARM_UP_S);
    const beside = spreadOf(await steadily(caller, seconds));
    const { totals } = await calls.read(id);
    await caller.close();
    return { quietP99: quiet.p99, besideP99: beside.p99, left: totals.rows - totals.done };
  });
}
