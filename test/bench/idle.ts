import { setTimeout as delay } from 'node:timers/promises';
import type { BackendName } from '../support/stack.ts';
import { openCaller } from './caller.ts';
import { round } from './figures.ts';
import { processorMs } from './processor.ts';
import { addSeats, onSite, type Site } from './site.ts';
import { steadily } from './steady.ts';

/** An intake and a worker that have worked and have nothing to do now. */
export type Idleness = {
  /** Of one core, in percent. */
  readonly intakeCpu: number;
  readonly workerCpu: number;
  /** Transactions of both, queues in PostgreSQL included, a second. */
  readonly transactions: number;
};

const WORKED_S = 2;
const CALM_DOWN_MS = 15_000;

/** What the product costs while nobody asks for anything. */
export async function measureIdle(backend: BackendName, seconds: number): Promise<Idleness> {
  return await onSite({ backend }, async (site) => {
    const [key = ''] = await site.keys(1);
    await addSeats(site, 999);
    const caller = openCaller(site.intakes[0]?.url ?? '', key, 4);
    await steadily(caller, WORKED_S);
    await caller.close();
    await delay(CALM_DOWN_MS);
    const before = await read(site);
    await delay(seconds * 1_000);
    const after = await read(site);
    const each = (key: keyof Reading) => (after[key] - before[key]) / seconds;
    return {
      intakeCpu: round(each('intakeMs') / 10),
      workerCpu: round(each('workerMs') / 10),
      transactions: round(each('transactions')),
    };
  });
}

type Reading = { readonly intakeMs: number; readonly workerMs: number; readonly transactions: number };

async function read({ intakes, workers, ledger }: Site): Promise<Reading> {
  const [intakeMs = 0, workerMs = 0] = await Promise.all([...intakes, ...workers].map(({ pid }) => processorMs([pid])));
  await ledger.query('select pg_stat_force_next_flush()');
  const { rows } = await ledger.query<{ count: number }>(
    `select sum(xact_commit + xact_rollback)::float8 as count from pg_stat_database where datname like 'qvara%'`,
  );
  return { intakeMs, workerMs, transactions: rows[0]?.count ?? Number.NaN };
}
