import { processorMs } from './processor.ts';
import type { Site } from './site.ts';

/** What has been used so far, whoever asked for it. */
export type Cost = {
  readonly walBytes: number;
  readonly commits: number;
  /** Milliseconds of processor time: of the workers, and of the connections to the ledger and to the platform's database. */
  readonly workerMs: number;
  readonly ledgerMs: number;
  readonly platformMs: number;
};

/** Reads the counters of the server, its other databases included, and of the processes. */
export async function readCost({ ledger, workers }: Pick<Site, 'ledger' | 'workers'>): Promise<Cost> {
  await ledger.query('select pg_stat_force_next_flush()');
  const { rows } = await ledger.query<Pick<Cost, 'walBytes' | 'commits'>>(
    `select (pg_current_wal_lsn() - '0/0')::float8 as "walBytes",
       (select sum(xact_commit)::float8 from pg_stat_database) as commits`,
  );
  const { rows: connections } = await ledger.query<{ pid: number; datname: string }>(
    "select pid, datname from pg_stat_activity where datname like 'qvara%'",
  );
  const of = (name: string) => connections.filter(({ datname }) => datname === name).map(({ pid }) => pid);
  const [workerMs, ledgerMs, platformMs] = await Promise.all([
    processorMs(workers.map(({ pid }) => pid)),
    processorMs(of('qvara')),
    processorMs(of('qvara_sandbox')),
  ]);
  return { ...(rows[0] as Pick<Cost, 'walBytes' | 'commits'>), workerMs, ledgerMs, platformMs };
}
