import type { ImportTotals } from '@qvara/contracts/imports';
import type { BackendName } from '../support/stack.ts';
import { importCalls } from './import-calls.ts';
import { BAD_ZONE, csvOf, GOOD_ZONE } from './import-file.ts';
import { peakMemoryMiB } from './memory.ts';
import { addSeats, onSite } from './site.ts';

const ENDS = ['completed', 'completed-with-failures'] as const;

/** What became of a large file of which one row in a hundred is bad: tried dry, run, its failed rows mended and sent again. */
export type ImportJourney = {
  readonly totals: ImportTotals;
  /** Of the file of mended rows. */
  readonly mended: ImportTotals;
  readonly seconds: { readonly sent: number; readonly checked: number; readonly run: number; readonly mended: number };
  readonly peakMiB: { readonly intake: number; readonly worker: number };
  /** Customers in the ledger at the end: as many as rows, if none was missed and none was made twice. */
  readonly customers: number;
};

/** Takes a file of so many rows all the way. Throws when totals do not add up. */
export async function travel(backend: BackendName, rows: number): Promise<ImportJourney> {
  return await onSite({ backend }, async (site) => {
    const [key = ''] = await site.keys(1);
    const calls = importCalls(site.intakes[0]?.url ?? '', key);
    await addSeats(site, rows);
    const clock = stopwatch();
    const { id } = await calls.send(csvOf({ rows, badInHundred: 1, refs: 'crm' }), 'dryRun=true');
    const sent = clock();
    await calls.reached(id, ['ready']);
    const checked = clock();
    await calls.act(id, 'run');
    await calls.reached(id, ENDS);
    const run = clock();
    const again = await calls.send(await mend(await calls.failed(id)), '');
    await calls.reached(again.id, ENDS);
    const mended = clock();
    const [intake, worker] = [site.intakes[0]?.pid ?? 0, site.workers[0]?.pid ?? 0];
    const { rows: found } = await site.ledger.query<{ n: number }>(
      `select count(*)::int as n from customers where service_status = 'active'`,
    );
    return {
      totals: demandSum((await calls.read(id)).totals),
      mended: demandSum((await calls.read(again.id)).totals),
      seconds: { sent, checked, run, mended },
      peakMiB: { intake: await peakMemoryMiB(intake), worker: await peakMemoryMiB(worker) },
      customers: found[0]?.n ?? 0,
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
