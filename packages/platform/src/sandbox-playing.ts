import type { FailureCode, Fault } from '@qvara/contracts/failure';
import type { TenantKey, Verb } from './driver.ts';
import { type Source, withConnection } from './sandbox-connection.ts';

/** What the scripts say about one item. `fault.when`: before anything is done, or after all of it. */
export type Cue = {
  readonly latencyMs: number;
  readonly fault: (Fault & { readonly when: 'before' | 'after' }) | null;
};

type Taken = {
  readonly container_id: number;
  readonly behaviour: 'fail' | 'after' | 'latency';
  readonly code: FailureCode | null;
  readonly retry_after_ms: number | null;
  readonly latency_ms: number | null;
  readonly taken: number;
};

// The rows are locked in the order of their ids, and counted down by what the locked version still had: exact, whoever else counts.
const TAKE = `
  with wanted as (
    select * from unnest($1::integer[], $2::integer[]) as w (container_id, items)
  ), open as (
    select s.*, w.items from scripts s join wanted w using (container_id)
    where s.verb in ($3, 'any') and (s.remaining is null or s.remaining > 0)
    order by s.id for update of s
  ), shared as (
    select *, items - coalesce(sum(coalesce(remaining, items)) over (
      partition by container_id, behaviour = 'latency' order by id rows between unbounded preceding and 1 preceding
    ), 0) as left_over from open
  ), taken as (
    select *, least(coalesce(remaining, items), greatest(left_over, 0))::integer as taken from shared
  ), counted as (
    update scripts s set remaining = s.remaining - t.taken from taken t
    where s.id = t.id and s.remaining is not null and t.taken > 0
  )
  select container_id, behaviour, code, retry_after_ms, latency_ms, taken from taken where taken > 0 order by id`;

/** Takes from the scripts what they say about these items, counting them down. One cue for each item, in order. */
export async function takeCues(source: Source, verb: Verb, items: readonly TenantKey[]): Promise<readonly Cue[]> {
  const counts = new Map<number, number>();
  for (const { containerId } of items) counts.set(Number(containerId), (counts.get(Number(containerId)) ?? 0) + 1);
  const rows = await withConnection(source, (ask) =>
    ask<Taken>({ name: 'take-cues', text: TAKE }, [[...counts.keys()], [...counts.values()], verb]),
  );
  if (rows.length === 0) return items.map(() => ({ latencyMs: 0, fault: null }));
  return castCues(rows, items);
}

function castCues(rows: readonly Taken[], items: readonly TenantKey[]): readonly Cue[] {
  const latencies = new Map<number, number>();
  const faults = new Map<number, Cue['fault'][]>();
  for (const row of rows) {
    const { container_id: container, latency_ms: latencyMs } = row;
    // The whole container waits for its slowest item, so that calls for one tenant keep their order.
    if (row.behaviour === 'latency') latencies.set(container, Math.max(latencies.get(container) ?? 0, latencyMs ?? 0));
    else faults.set(container, [...(faults.get(container) ?? []), ...Array(row.taken).fill(faultOf(row))]);
  }
  return items.map(({ containerId }) => ({
    latencyMs: latencies.get(Number(containerId)) ?? 0,
    fault: faults.get(Number(containerId))?.shift() ?? null,
  }));
}

function faultOf({ behaviour, code, retry_after_ms: retryAfterMs }: Taken): Cue['fault'] {
  const fault =
    behaviour === 'fail'
      ? { when: 'before' as const, code: code ?? 'platform-broken', message: 'The sandbox was told to fail.' }
      : {
          when: 'after' as const,
          code: 'platform-unavailable' as const,
          message: 'The sandbox did not answer in time.',
        };
  return retryAfterMs === null ? fault : { ...fault, retryAfterMs };
}
