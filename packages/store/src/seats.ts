import type { Candidate } from '@qvara/domain/placement';
import type { Ledger } from './orm.ts';
import type { Sql } from './sql.ts';

/** A container's numbers. Seats are counted where they are taken and given back: counting rows would cost more with each. */
export const CANDIDATE = `c.id, c.label, c.region, c.state, c.capacity, c.seats, 999 - c.seats - c.quarantined as free_numbers,
  coalesce(c.breaker_open_until > clock_timestamp(), false) as breaker_open`;

/**
 * Takes the one lock under which seats are given out and freed. A search and what it decides are done while it is held,
 * so no seat can become free unseen between a search that found none and the hold that follows.
 */
export async function lockCapacity(sql: Sql): Promise<void> {
  await sql.query('select pg_advisory_xact_lock(7811, 2)');
}

/** The containers into which a customer fits, as placement sees them. */
export async function loadFitting(sql: Sql): Promise<Candidate[]> {
  return await sql.query<Candidate>(
    `select ${CANDIDATE} from containers c
     where c.state = 'online' and c.seats < c.capacity and c.seats + c.quarantined < 999
       and (c.breaker_open_until is null or c.breaker_open_until <= clock_timestamp())
     order by c.id`,
  );
}

/** All containers as placement sees them. */
export async function loadCandidates(sql: Sql): Promise<Candidate[]> {
  return await sql.query<Candidate>(`select ${CANDIDATE} from containers c order by c.id`);
}

type Count = {
  readonly containerId: string;
  readonly seats: number;
  readonly quarantined: number;
  /** The number that was the lowest free one until now. */
  readonly taken?: number;
  /** A number that nobody has any more. */
  readonly freed?: number;
};

/** Adds to the containers' counters what was taken and given back. */
export async function countSeats(sql: Sql, counts: readonly Count[]): Promise<void> {
  if (counts.length === 0) return;
  await sql.query(
    `update containers c set seats = c.seats + k.seats, quarantined = c.quarantined + k.quarantined,
       no_free_below = least(coalesce(k.taken + 1, c.no_free_below), k.freed)
     from (select "containerId" as id, sum(seats)::int as seats, sum(quarantined)::int as quarantined,
                  max(taken) as taken, min(freed) as freed
           from jsonb_to_recordset($1) as r ("containerId" text, seats int, quarantined int, taken int, freed int)
           group by 1) k
     where c.id = k.id`,
    [JSON.stringify(counts)],
  );
}

/**
 * Gives seats back. A number whose tenant was ever begun on the platform rests in quarantine, so that nothing meant for
 * the old tenant reaches a new one; the others are free at once. The capacity lock must be held.
 */
export async function releaseSeats(sql: Sql, ledger: Ledger, customerIds: readonly string[]): Promise<void> {
  const freed = await sql.query<{ containerId: string; number: string }>(
    'delete from seats where customer_id = any($1) and (not tenant_started or $2 = 0) returning container_id, number',
    [customerIds, ledger.quarantineDays],
  );
  const resting = await sql.query<{ containerId: string }>(
    `update seats set state = 'quarantined', customer_id = null, since = clock_timestamp(),
       free_at = clock_timestamp() + make_interval(days => $2)
     where customer_id = any($1) returning container_id`,
    [customerIds, ledger.quarantineDays],
  );
  await countSeats(sql, [
    ...freed.map(({ containerId, number }) => ({ containerId, seats: -1, quarantined: 0, freed: Number(number) })),
    ...resting.map(({ containerId }) => ({ containerId, seats: -1, quarantined: 1 })),
  ]);
}

/** Makes numbers free whose quarantine is over. The capacity lock must be held. */
export async function endQuarantines(sql: Sql): Promise<void> {
  const rested = await sql.query<{ containerId: string; number: string }>(
    "delete from seats where state = 'quarantined' and free_at <= statement_timestamp() returning container_id, number",
  );
  await countSeats(
    sql,
    rested.map(({ containerId, number }) => ({ containerId, seats: 0, quarantined: -1, freed: Number(number) })),
  );
}

/** What a write changes of a customer's seat, besides taking or giving it back. */
export type SeatChange = {
  readonly customerId: string;
  readonly tenantState: string | null;
  readonly tenantStarted: boolean;
  /** The job that leaves the seat stranded; a retry of it frees the seat. */
  readonly strandedBy: string | null;
};

/** Writes changes of seats. */
export async function changeSeats(sql: Sql, changes: readonly SeatChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql.query(
    `update seats s set tenant_state = coalesce(r."tenantState", s.tenant_state),
       tenant_started = s.tenant_started or r."tenantStarted",
       since = case when r."strandedBy" is not null and s.state <> 'stranded' then clock_timestamp() else s.since end,
       state = case when r."strandedBy" is not null then 'stranded' else s.state end,
       job_id = coalesce(r."strandedBy", s.job_id)
     from jsonb_to_recordset($1) as r ("customerId" text, "tenantState" text, "tenantStarted" boolean, "strandedBy" text)
     where s.customer_id = r."customerId"`,
    [JSON.stringify(changes)],
  );
}
