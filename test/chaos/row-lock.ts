import pg from 'pg';
import type { World } from '../prove/world.ts';

/** The tables with rows of a customer that runs write beside their jobs. */
type TableOfCustomers = 'customers' | 'seats' | 'sites';

type RowLock = {
  /** Whether somebody waits for it. */
  readonly isMet: () => Promise<boolean>;
  /** Keeps it for so much longer. */
  readonly letGoAfter: (ms: number) => Promise<void>;
};

/** Locks a customer's row in a transaction of its own. */
export async function lockRow(
  { ledger, ledgerUrl }: World,
  table: TableOfCustomers,
  customerId: string,
): Promise<RowLock> {
  const client = new pg.Client({ connectionString: ledgerUrl });
  // When a test fails before it lets go, the server ends first.
  client.on('error', () => undefined);
  await client.connect();
  const row = table === 'customers' ? 'id' : 'customer_id';
  await client.query('begin');
  const { rowCount } = await client.query(`select from ${table} where ${row} = $1 for update`, [customerId]);
  if (rowCount !== 1) throw new Error(`${customerId} has ${rowCount} rows in ${table}`);
  const holder = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
  return {
    async isMet() {
      const waiting = 'select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))';
      return (await ledger.query(waiting, [holder])).rows.length > 0;
    },
    async letGoAfter(ms) {
      await client.query('select pg_sleep($1)', [ms / 1_000]);
      await client.end();
    },
  };
}
