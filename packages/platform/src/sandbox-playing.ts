import type { FailureCode, Fault } from '@qvara/contracts/failure';
import type { Pool } from 'pg';
import type { Verb } from './driver.ts';
import { withConnection } from './sandbox-connection.ts';

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

/** Where and how an item calls: what scripts are written for. */
export type Scene = { readonly verb: Verb; readonly containerId: string };

const NO_CUE: Cue = { latencyMs: 0, fault: null };

const SCRIPTED = `
  select distinct container_id from scripts
  where container_id = any($1::integer[]) and (remaining is null or remaining > 0)`;

/** Takes from the scripts what they say about items, counting them down. One cue for each item, in order. */
export async function takeCues(pool: Pool, scenes: readonly Scene[]): Promise<readonly Cue[]> {
  const scripted = await findScripted(pool, scenes);
  const cues = scenes.map(() => NO_CUE);
  const indexes = [...scenes.keys()].filter((index) => scripted.has(Number(scenes[index]?.containerId)));
  for (const [verb, own] of Map.groupBy(indexes, (index) => scenes[index]?.verb as Verb)) {
    const containers = own.map((index) => Number(scenes[index]?.containerId));
    const taken = castCues(await takeFor(pool, verb, containers), containers);
    own.forEach((index, n) => {
      cues[index] = taken[n] ?? NO_CUE;
    });
  }
  return cues;
}

/** Containers with scripts that have not run out: nearly always none, so that nothing is locked. */
async function findScripted(pool: Pool, scenes: readonly Scene[]): Promise<Set<number>> {
  const containers = [...new Set(scenes.map(({ containerId }) => containerId))];
  const rows = await withConnection({ pool }, (ask) =>
    ask<{ container_id: number }>({ name: 'find-scripted', text: SCRIPTED }, [containers]),
  );
  return new Set(rows.map((row) => row.container_id));
}

async function takeFor(pool: Pool, verb: Verb, containers: readonly number[]): Promise<Taken[]> {
  const counts = new Map<number, number>();
  for (const id of containers) counts.set(id, (counts.get(id) ?? 0) + 1);
  return await withConnection({ pool }, (ask) =>
    ask<Taken>({ name: 'take-cues', text: TAKE }, [[...counts.keys()], [...counts.values()], verb]),
  );
}

function castCues(rows: readonly Taken[], containers: readonly number[]): readonly Cue[] {
  const latencies = new Map<number, number>();
  const faults = new Map<number, Cue['fault'][]>();
  for (const row of rows) {
    const { container_id: container, latency_ms: latencyMs } = row;
    // The whole container waits for its slowest item, so that calls for one tenant keep their order.
    if (row.behaviour === 'latency') latencies.set(container, Math.max(latencies.get(container) ?? 0, latencyMs ?? 0));
    else faults.set(container, [...(faults.get(container) ?? []), ...Array(row.taken).fill(faultOf(row))]);
  }
  return containers.map((id) => ({ latencyMs: latencies.get(id) ?? 0, fault: faults.get(id)?.shift() ?? null }));
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
