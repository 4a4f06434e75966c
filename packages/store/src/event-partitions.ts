import type { Ledger } from './orm.ts';
import { type Sql, transact } from './sql.ts';

/** About so many partitions hold the events that are kept; each goes when its newest event is too old. */
const PARTITIONS = 12;
const SMALLEST = 1_000_000;
const LARGEST = 500_000_000;

export type PartitionChange = { readonly made: readonly string[]; readonly dropped: readonly string[] };

/**
 * Makes a partition ahead of the one that is being filled, and drops those whose events are all older than so many days.
 * Of processes that come at once one does it. Throws when it meets a lock for too long: then the next round does it.
 */
export async function keepEventPartitions(ledger: Ledger, retentionDays: number): Promise<PartitionChange> {
  return await transact(ledger.pool, async (sql) => {
    const [mine] = await sql.query<{ locked: boolean }>('select pg_try_advisory_xact_lock(7811, 3) as locked');
    if (!mine?.locked) return { made: [], dropped: [] };
    const partitions = await readPartitions(sql, retentionDays);
    const made = partitions.some(({ ahead }) => ahead) ? [] : [await makeNext(sql, partitions, retentionDays)];
    const old = partitions.filter((partition) => partition.old).map(({ name }) => name);
    if (old.length > 0) await sql.query(`drop table ${old.join(', ')}`);
    return { made, dropped: old };
  });
}

type Partition = {
  readonly name: string;
  /** The first number beyond it. */
  readonly beyond: number;
  readonly ahead: boolean;
  readonly old: boolean;
};

async function readPartitions(sql: Sql, retentionDays: number): Promise<Partition[]> {
  return await sql.query<Partition>(
    `select p.name, p.beyond, p.first > last_event() as ahead, p.beyond <= last_event() and not exists (
       select from (select occurred_at from event_entries where last >= p.first and last < p.beyond order by last desc limit 1) e
       where e.occurred_at > clock_timestamp() - make_interval(days => $1)) as old
     from (select inhrelid::regclass::text as name, substring(bound from 'FROM \\(''(\\d+)''')::bigint as first,
             substring(bound from 'TO \\(''(\\d+)''')::bigint as beyond
           from pg_inherits, pg_class c, pg_get_expr(c.relpartbound, c.oid) as bound
           where inhparent = 'event_entries'::regclass and c.oid = inhrelid) p
     order by p.first`,
    [retentionDays],
  );
}

/** Made apart and then attached: that keeps nobody from reading or writing the others. */
async function makeNext(sql: Sql, partitions: readonly Partition[], retentionDays: number): Promise<string> {
  const first = partitions.at(-1)?.beyond ?? 1;
  const name = `event_entries_${first}`;
  await sql.query(`create table ${name} (like event_entries including all)`);
  const beyond = first + (await sizeFor(sql, retentionDays));
  await sql.query(`alter table event_entries attach partition ${name} for values from (${first}) to (${beyond})`);
  return name;
}

/** How many numbers a new partition is for, by how quickly they have been given of late. */
async function sizeFor(sql: Sql, retentionDays: number): Promise<number> {
  const [row] = await sql.query<{ perDay: number }>(
    `select (last_event() - last) / greatest(1, extract(epoch from clock_timestamp() - occurred_at) / 86400)::float8 as per_day
     from event_entries order by last limit 1`,
  );
  const wished = ((row?.perDay ?? 0) * retentionDays) / PARTITIONS;
  return Math.min(LARGEST, Math.max(SMALLEST, Math.ceil(wished / SMALLEST) * SMALLEST));
}
