import { type Candidate, type Choice, chooseContainer, explainNone } from '@qvara/domain/placement';
import type { SeatView } from './events.ts';
import { countSeats, loadCandidates } from './seats.ts';
import type { Sql } from './sql.ts';

/** A customer in want of a seat. */
export type SeatRequest = {
  readonly jobId: string;
  readonly customerId: string;
  readonly region: string | null;
  /** The tenant is begun on the platform with the same write. */
  readonly tenantStarted: boolean;
};

/** A seat, or why there is none; both say how the choice was made. */
export type Placed = { readonly seat: SeatView | null; readonly reason: string };

/**
 * Gives each customer a seat: the container by placement's rule among those found, in it the lowest free number. The
 * capacity lock must be held since before they were found.
 */
export async function placeSeats(
  sql: Sql,
  requests: readonly SeatRequest[],
  found: readonly Candidate[],
): Promise<Placed[]> {
  if (requests.length === 0) return [];
  const candidates = [...found];
  const chosen = requests.map(({ region }) => {
    const { container, reason } = chooseContainer(candidates, region);
    if (container !== null) candidates[candidates.indexOf(container)] = occupied(container);
    return { container, reason };
  });
  const wanted = new Map<string, number>();
  for (const { container } of chosen) if (container) wanted.set(container.id, (wanted.get(container.id) ?? 0) + 1);
  const numbers = await freeNumbers(sql, wanted);
  const placed = chosen.map((choice) => placeIn(choice, numbers));
  await insertSeats(sql, requests, placed);
  return await explain(sql, requests, placed);
}

/** Tells those without a seat what stands in the way of each container, the full ones included. */
async function explain(sql: Sql, requests: readonly SeatRequest[], placed: readonly Placed[]): Promise<Placed[]> {
  const all = placed.some(({ seat }) => seat === null) ? await loadCandidates(sql) : [];
  return placed.map((one, index) =>
    one.seat === null ? { seat: null, reason: explainNone(all, requests[index]?.region ?? null) } : one,
  );
}

function occupied(container: Candidate): Candidate {
  return { ...container, seats: container.seats + 1, freeNumbers: container.freeNumbers - 1 };
}

function placeIn(choice: Pick<Choice, 'container' | 'reason'>, numbers: Map<string, string[]>): Placed {
  const number = choice.container === null ? undefined : numbers.get(choice.container.id)?.shift();
  if (choice.container === null || number === undefined) return { seat: null, reason: choice.reason };
  const { id, label, region } = choice.container;
  const seat = {
    containerId: id,
    containerLabel: label,
    containerRegion: region,
    number,
    tenantState: 'reserved',
    tenantStarted: false,
  } as const;
  return { seat, reason: choice.reason };
}

async function freeNumbers(sql: Sql, wanted: Map<string, number>): Promise<Map<string, string[]>> {
  const rows = await sql.query<{ containerId: string; numbers: string[] }>(
    // The series comes in its order; each number is looked up, and hardly more of them than are wanted.
    `select k.container_id, array(
       select to_char(n, 'FM000') from generate_series(c.no_free_below, 999) n
       where (select count(*) from seats s where s.container_id = k.container_id and s.number = to_char(n, 'FM000')) = 0
       limit k.count) as numbers
     from unnest($1::text[], $2::int[]) as k (container_id, count) join containers c on c.id = k.container_id`,
    [[...wanted.keys()], [...wanted.values()]],
  );
  return new Map(rows.map((row) => [row.containerId, row.numbers]));
}

async function insertSeats(sql: Sql, requests: readonly SeatRequest[], placed: readonly Placed[]): Promise<void> {
  const rows = placed.flatMap(({ seat }, index) => {
    const request = requests[index] as SeatRequest;
    return seat === null
      ? []
      : [
          {
            container_id: seat.containerId,
            number: seat.number,
            customer_id: request.customerId,
            job_id: request.jobId,
            tenant_started: request.tenantStarted,
          },
        ];
  });
  if (rows.length === 0) return;
  const inserted = sql.query(
    `insert into seats (container_id, number, customer_id, job_id, state, tenant_state, tenant_started)
     select container_id, number, customer_id, job_id, 'taken', 'reserved', tenant_started
     from jsonb_to_recordset($1) as r
       (container_id text, number text, customer_id text, job_id text, tenant_started boolean)`,
    [JSON.stringify(rows)],
  );
  const counts = rows.map((row) => ({
    containerId: row.container_id,
    seats: 1,
    quarantined: 0,
    taken: Number(row.number),
  }));
  await Promise.all([inserted, countSeats(sql, counts)]);
}
