import type { Bell, QueueName } from '@qvara/contracts/jobs';
import type { Ledger } from './orm.ts';
import type { Sql } from './sql.ts';

/** A client's bells in one queue: at most `clientWindow` of them are outstanding. */
export type WindowKey = { readonly clientId: string; readonly queue: QueueName };

const name = (key: WindowKey) => `${key.clientId} ${key.queue}`;

/** Distinct windows in the one order in which they are locked. */
function distinct(keys: readonly WindowKey[]): WindowKey[] {
  const byName = new Map(keys.map((key) => [name(key), key]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}

type Outstanding = WindowKey & { readonly outstanding: number };

async function lockWindows(sql: Sql, keys: readonly WindowKey[]): Promise<Map<string, number>> {
  const columns = [keys.map((key) => key.clientId), keys.map((key) => key.queue)];
  const select = `select w.client_id, w.queue, w.outstanding from bell_windows w
    join unnest($1::text[], $2::text[]) as k (client_id, queue) using (client_id, queue)
    order by w.client_id, w.queue for update of w`;
  let rows = await sql.query<Outstanding>(select, columns);
  if (rows.length < keys.length) {
    await sql.query(
      `insert into bell_windows (client_id, queue, outstanding)
       select k.client_id, k.queue, 0 from unnest($1::text[], $2::text[]) as k (client_id, queue)
       order by 1, 2 on conflict do nothing`,
      columns,
    );
    rows = await sql.query<Outstanding>(select, columns);
  }
  return new Map(rows.map((row) => [name(row), row.outstanding]));
}

async function saveWindows(sql: Sql, changes: readonly (WindowKey & { readonly by: number })[]): Promise<void> {
  const real = changes.filter((change) => change.by !== 0);
  if (real.length === 0) return;
  await sql.query(
    `update bell_windows w set outstanding = w.outstanding + k.by
     from unnest($1::text[], $2::text[], $3::int[]) as k (client_id, queue, by)
     where w.client_id = k.client_id and w.queue = k.queue`,
    [real.map((c) => c.clientId), real.map((c) => c.queue), real.map((c) => c.by)],
  );
}

/**
 * Gives places in their windows to jobs about to be written, in order. Answers for each its place, with which its bell
 * may ring now; without one it stays due, and rings when a place gets free.
 */
export async function takePlaces(
  sql: Sql,
  ledger: Ledger,
  jobs: readonly WindowKey[],
): Promise<(number | undefined)[]> {
  if (jobs.length === 0) return [];
  const keys = distinct(jobs);
  const before = await lockWindows(sql, keys);
  const now = new Map(before);
  const granted = jobs.map((job) => {
    const outstanding = now.get(name(job)) ?? 0;
    if (outstanding >= ledger.clientWindow) return undefined;
    now.set(name(job), outstanding + 1);
    return outstanding + 1;
  });
  await saveWindows(
    sql,
    keys.map((key) => ({ ...key, by: (now.get(name(key)) ?? 0) - (before.get(name(key)) ?? 0) })),
  );
  return granted;
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
  const before = await lockWindows(sql, keys);
  const after = new Map(before);
  for (const key of change.freed) after.set(name(key), Math.max(0, (after.get(name(key)) ?? 0) - 1));
  const room = keys.map((key) => ledger.clientWindow - (after.get(name(key)) ?? 0));
  const rung = await sql.query<Omit<Bell, 'place'> & WindowKey>(
    `update jobs j set bell = 'rung', bell_no = j.bell_no + 1, rung_at = clock_timestamp()
     from (select d.id from unnest($1::text[], $2::text[], $3::int[]) as k (client_id, queue, room)
           cross join lateral (select id from jobs where client_id = k.client_id and queue = k.queue and bell = 'due'
                                 and due_at <= statement_timestamp()
                               order by due_at limit greatest(k.room, 0) for update skip locked) d) as chosen
     where j.id = chosen.id
     returning j.client_id, j.queue, j.id as job_id, j.bell_no`,
    [keys.map((key) => key.clientId), keys.map((key) => key.queue), room],
  );
  const bells = rung.map(({ clientId, queue, jobId, bellNo }) => {
    const place = (after.get(name({ clientId, queue })) ?? 0) + 1;
    after.set(name({ clientId, queue }), place);
    return { queue, jobId, bellNo, place };
  });
  await saveWindows(
    sql,
    keys.map((key) => ({ ...key, by: (after.get(name(key)) ?? 0) - (before.get(name(key)) ?? 0) })),
  );
  return bells;
}
