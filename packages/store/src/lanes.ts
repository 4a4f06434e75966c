import type { WindowKey } from './bells.ts';
import type { Sql } from './sql.ts';

/**
 * Locks the lanes of customers, in one order, and answers those it got. A lane that somebody else holds is passed over:
 * one locked customer holds up nobody.
 */
export async function lockLanes(sql: Sql, customerIds: readonly string[]): Promise<Set<string>> {
  if (customerIds.length === 0) return new Set();
  const rows = await sql.query<{ customerId: string }>(
    'select customer_id from lanes where customer_id = any($1) order by customer_id for update skip locked',
    [[...new Set(customerIds)]],
  );
  return new Set(rows.map((row) => row.customerId));
}

/**
 * Gives out the next turns of locked lanes, one for each entry, in order. Turns decide the order of a customer's jobs:
 * ids and times cannot, since with two intakes the younger may commit first.
 */
export async function takeTurns(sql: Sql, customerIds: readonly string[]): Promise<number[]> {
  if (customerIds.length === 0) return [];
  const counts = new Map<string, number>();
  for (const id of customerIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  const rows = await sql.query<{ customerId: string; nextTurn: number }>(
    `update lanes l set next_turn = l.next_turn + k.count
     from unnest($1::text[], $2::int[]) as k (customer_id, count) where l.customer_id = k.customer_id
     returning l.customer_id, l.next_turn - k.count as next_turn`,
    [[...counts.keys()], [...counts.values()]],
  );
  const next = new Map(rows.map((row) => [row.customerId, row.nextTurn]));
  return customerIds.map((id) => {
    const turn = next.get(id) as number;
    next.set(id, turn + 1);
    return turn;
  });
}

/** Which of these customers have an open job. Their lanes must be locked. */
export async function busyLanes(sql: Sql, customerIds: readonly string[]): Promise<Set<string>> {
  if (customerIds.length === 0) return new Set();
  const rows = await sql.query<{ customerId: string }>(
    `select distinct customer_id from jobs where customer_id = any($1) and state in ('accepted', 'running', 'waiting', 'held')`,
    [customerIds],
  );
  return new Set(rows.map((row) => row.customerId));
}

/** Makes the job that is next in each of these locked lanes due. Answers the windows in which something became due. */
export async function advanceLanes(sql: Sql, customerIds: readonly string[]): Promise<WindowKey[]> {
  if (customerIds.length === 0) return [];
  return await sql.query<WindowKey>(
    `update jobs j set bell = 'due', due_at = clock_timestamp()
     from (select distinct on (customer_id) id, state, bell from jobs
           where customer_id = any($1) and state in ('accepted', 'running', 'waiting', 'held')
           order by customer_id, turn) as head
     where j.id = head.id and head.state = 'accepted' and head.bell = 'none'
     returning j.client_id, j.queue`,
    [customerIds],
  );
}
