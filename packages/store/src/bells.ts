import type { Bell, QueueName } from '@qvara/contracts/jobs';
import type { Ledger } from './orm.ts';
import { type Sql, sqlOn } from './sql.ts';

/** A client's bells in one queue: how many of them may be outstanding the ledger says by what the workers can take. */
export type WindowKey = { readonly clientId: string; readonly queue: QueueName };

const name = (key: WindowKey) => `${key.clientId} ${key.queue}`;

function distinct(keys: readonly WindowKey[]): WindowKey[] {
  return [...new Map(keys.map((key) => [name(key), key])).values()];
}

type Window = WindowKey & { readonly room: number };

/** Locks windows, and answers how many more bells may be rung in each. */
async function lockWindows(sql: Sql, ledger: Ledger, keys: readonly WindowKey[]): Promise<Map<string, number>> {
  const columns = [keys.map((key) => key.clientId), keys.map((key) => key.queue)];
  const select = `select w.client_id, w.queue, bell_room(w.client_id, w.queue, w.outstanding, w.outstanding, $3) as room
    from bell_windows w join unnest($1::text[], $2::text[]) as k (client_id, queue) using (client_id, queue)
    order by w.client_id, w.queue for update of w`;
  let rows = await sql.query<Window>(select, [...columns, ledger.clientWindow]);
  if (rows.length < keys.length) {
    await sql.query(
      `insert into bell_windows (client_id, queue, outstanding)
       select k.client_id, k.queue, 0 from unnest($1::text[], $2::text[]) as k (client_id, queue)
       order by 1, 2 on conflict do nothing`,
      columns,
    );
    rows = await sql.query<Window>(select, [...columns, ledger.clientWindow]);
  }
  return new Map(rows.map((row) => [name(row), row.room]));
}

/** Takes the places that were found. */
export async function saveWindows(sql: Sql, changes: Places['changes']): Promise<void> {
  const real = changes.filter((change) => change.by !== 0);
  if (real.length === 0) return;
  await sql.query(
    `update bell_windows w set outstanding = w.outstanding + k.by, changed_at = clock_timestamp()
     from unnest($1::text[], $2::text[], $3::int[]) as k (client_id, queue, by)
     where w.client_id = k.client_id and w.queue = k.queue`,
    [real.map((c) => c.clientId), real.map((c) => c.queue), real.map((c) => c.by)],
  );
}

/** Whether a bell was rung or answered just now: single jobs are about, at whichever worker. */
export async function areBellsMoving(ledger: Ledger): Promise<boolean> {
  const [row] = await sqlOn(ledger.pool).query<{ any: boolean }>(
    "select exists (select from bell_windows where changed_at > clock_timestamp() - interval '1 second') as any",
  );
  return row?.any ?? false;
}

/** Which of the jobs about to be written got a place, by index; what is to be saved of the windows for it. */
export type Places = {
  readonly granted: readonly boolean[];
  readonly changes: readonly (WindowKey & { readonly by: number })[];
};

/**
 * Finds places in their windows for jobs about to be written, in order. With a place a bell may ring now; without one
 * the job stays due, and rings when a place gets free. The windows stay locked; `saveWindows` takes the places.
 */
export async function findPlaces(sql: Sql, ledger: Ledger, jobs: readonly WindowKey[]): Promise<Places> {
  if (jobs.length === 0) return { granted: [], changes: [] };
  const keys = distinct(jobs);
  const room = await lockWindows(sql, ledger, keys);
  const taken = new Map<string, number>();
  const granted = jobs.map((job) => {
    const own = taken.get(name(job)) ?? 0;
    if (own >= (room.get(name(job)) ?? 0)) return false;
    taken.set(name(job), own + 1);
    return true;
  });
  return { granted, changes: keys.map((key) => ({ ...key, by: taken.get(name(key)) ?? 0 })) };
}

/**
 * Frees the places of bells that were answered, then rings what is due in those windows, the longest due first.
 * `freed` names a window once for each place; `touched` names windows in which something became due.
 */
export async function refill(
  sql: Sql,
  ledger: Ledger,
  change: { readonly freed: readonly WindowKey[]; readonly touched: readonly WindowKey[] },
): Promise<Bell[]> {
  const keys = distinct([...change.freed, ...change.touched]);
  if (keys.length === 0) return [];
  const freed = Map.groupBy(change.freed, name);
  return await sql.query<Bell>('select queue, job_id, bell_no from ring_due($1, $2, $3, $4)', [
    keys.map(({ clientId }) => clientId),
    keys.map(({ queue }) => queue),
    keys.map((key) => freed.get(name(key))?.length ?? 0),
    ledger.clientWindow,
  ]);
}
