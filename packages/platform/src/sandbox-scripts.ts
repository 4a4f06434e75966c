import type { FailureCode } from '@qvara/contracts/failure';
import pg from 'pg';
import type { Verb } from './driver.ts';

type Behaviour =
  /** Answer this code and do nothing. */
  | { readonly behaviour: 'fail'; readonly code: FailureCode; readonly retryAfterMs?: number }
  /** Do the work, then answer `platform-unavailable`, as a platform whose answer is lost. */
  | { readonly behaviour: 'after'; readonly retryAfterMs?: number }
  /** Wait before doing anything. */
  | { readonly behaviour: 'latency'; readonly latencyMs: number };

/**
 * A fault to play on a container. `times` counts items, not batches; null is for ever. Of several scripts for an item
 * the oldest with times left is played, apart from latency, which goes with the others.
 */
export type FaultScript = {
  readonly containerId: string;
  readonly verb: Verb | 'any';
  readonly times: number | null;
} & Behaviour;

/** Adds a script; it holds for calls from now on, in every process. */
export async function scriptFault(database: pg.Pool | string, script: FaultScript): Promise<void> {
  await run(database, {
    text: `insert into scripts (container_id, verb, behaviour, remaining, code, retry_after_ms, latency_ms)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      script.containerId,
      script.verb,
      script.behaviour,
      script.times,
      script.behaviour === 'fail' ? script.code : null,
      script.behaviour === 'latency' ? null : (script.retryAfterMs ?? null),
      script.behaviour === 'latency' ? script.latencyMs : null,
    ],
  });
}

/** Takes away the scripts of a container, or all of them. */
export async function clearFaults(database: pg.Pool | string, containerId: string | null = null): Promise<void> {
  await run(database, {
    text: 'delete from scripts where $1::integer is null or container_id = $1::integer',
    values: [containerId],
  });
}

async function run(database: pg.Pool | string, query: { text: string; values: unknown[] }): Promise<void> {
  if (typeof database !== 'string') {
    await database.query(query);
    return;
  }
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    await client.query(query);
  } finally {
    await client.end();
  }
}
