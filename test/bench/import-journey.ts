import type { ImportTotals } from '@qvara/contracts/imports';
import type { BackendName } from '../support/stack.ts';
import { importCalls } from './import-calls.ts';
import { BAD_ZONE, csvOf, GOOD_ZONE } from './import-file.ts';
import { peakMemoryMiB } from './memory.ts';
import { addSeats, onSite } from './site.ts';

const ENDS = ['completed', 'completed-with-failures'] as const;

/**
 * What both processes may take of memory, in MiB: Node lets a heap grow as long as there is room, so it is told that there is
 * none. Whoever needs more ends, and so does the measurement.
 */
const BOUNDED = '--max-old-space-size=160 --max-semi-space-size=16';

/**
 * What became of a large file of which one row in a hundred is bad: tried dry, run, retried with the bad rows mended, and
 * these sent once more as a file of their own.
 */
export type ImportJourney = {
  readonly run: ImportTotals;
  readonly retried: ImportTotals;
  /** Of the mended rows, sent when all of them were done. */
  readonly again: ImportTotals;
  readonly seconds: { readonly sent: number; readonly checked: number; readonly run: number; readonly retried: number };
  readonly peakMiB: { readonly intake: number; readonly worker: number };
  /** Customers and jobs in the ledger at the end: as many as rows, if none was missed and none was made twice. */
  readonly customers: number;
  readonly jobs: number;
};

/** Takes a file of so many rows all the way. Throws when totals do not add up. */
export async function travel(backend: BackendName, rows: number): Promise<ImportJourney> {
  return await onSite({ backend, env: { NODE_OPTIONS: BOUNDED } }, async (site) => {
    const [key = ''] = await site.keys(1);
    const calls = importCalls(site.intakes[0]?.url ?? '', key);
    const totalsOf = async (id: string) => demandSum((await calls.read(id)).totals);
    await addSeats(site, rows);
    const clock = stopwatch();
    const { id } = await calls.send(csvOf({ rows, badInHundred: 1, refs: 'crm' }), 'dryRun=true');
    const sent = clock();
    await calls.reached(id, ['ready']);
    const checked = clock();
    await calls.act(id, 'run');
    await calls.reached(id, ENDS);
    const ran = clock();
    const run = await totalsOf(id);
    const mended = await mend(await calls.failed(id));
    await calls.retry(id, mended);
    await calls.reached(id, ENDS);
    const retried = clock();
    const other = await calls.send(mended, '');
    await calls.reached(other.id, ENDS);
    const [intake, worker] = [site.intakes[0]?.pid ?? 0, site.workers[0]?.pid ?? 0];
    const { rows: found } = await site.ledger.query<{ customers: number; jobs: number }>(
      `select (select count(*)::int from customers where service_status = 'active') as customers,
         (select count(*)::int from jobs) as jobs`,
    );
    const { customers = 0, jobs = 0 } = found[0] ?? {};
    return {
      run,
      retried: await totalsOf(id),
      again: await totalsOf(other.id),
      seconds: { sent, checked, run: ran, retried },
      peakMiB: { intake: await peakMemoryMiB(intake), worker: await peakMemoryMiB(worker) },
      customers,
      jobs,
    };
  });
}

/** Seconds since it was made, or was asked before. */
function stopwatch(): () => number {
  let lastMs = performance.now();
  return () => {
    const tookMs = performance.now() - lastMs;
    lastMs += tookMs;
    return tookMs / 1_000;
  };
}

/** The failed rows with a place on Earth: one in a hundred fits into memory. */
async function mend(pieces: AsyncIterable<string>): Promise<string[]> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return [text.replaceAll(BAD_ZONE, GOOD_ZONE)];
}

function demandSum(totals: ImportTotals): ImportTotals {
  const { rows, pending, running, done, failed, skipped } = totals;
  if (pending + running + done + failed + skipped !== rows) throw new Error(`${JSON.stringify(totals)} do not add up`);
  return totals;
}
