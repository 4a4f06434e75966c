import type { BackendName } from '../support/stack.ts';
import { openCaller } from './caller.ts';
import { round, type Spread, spreadOf } from './figures.ts';
import { load } from './load.ts';
import { addSeats, onSite, type Site } from './site.ts';
import { PER_SECOND, steadily } from './steady.ts';

export type Fairness = {
  readonly backend: BackendName;
  /** POST to active of a client that asks for little, in milliseconds: alone, and beside one with a long backlog. */
  readonly quiet: Spread;
  readonly beside: Spread;
  readonly ratioP99: number;
  /** The slowest of the first seconds, before the workers have made room: jobs begun are not interrupted. */
  readonly atFirstMs: number;
  /** What the other client had open when the second measurement began, and when it ended. */
  readonly backlog: readonly [number, number];
};
export type FairnessPlan = { readonly backend: BackendName; readonly jobs: number; readonly seconds: number };

const FLOOD_CONNECTIONS = 32;
const WARM_UP_S = 5;

/** What the backlog of one client does to another's time from POST to active. */
export async function measureFairness({ backend, jobs, seconds }: FairnessPlan): Promise<Fairness> {
  return await onSite({ backend }, async (site) => {
    const url = site.intakes[0]?.url ?? '';
    const [small = '', big = ''] = await site.keys(2);
    await addSeats(site, jobs + 2 * (seconds + WARM_UP_S) * PER_SECOND);
    const caller = openCaller(url, small, 64);
    await steadily(caller, WARM_UP_S);
    const quiet = spreadOf(await steadily(caller, seconds));
    await caller.post('/v1/queues/provisioning/pause', {});
    await load({ url, key: big, requests: jobs, connections: FLOOD_CONNECTIONS });
    await caller.post('/v1/queues/provisioning/resume', {});
    const atFirstMs = round(Math.max(...(await steadily(caller, WARM_UP_S))));
    const before = await countOpen(site);
    const beside = spreadOf(await steadily(caller, seconds));
    const backlog = [before, await countOpen(site)] as const;
    await caller.close();
    return { backend, quiet, beside, ratioP99: round(beside.p99 / quiet.p99), atFirstMs, backlog };
  });
}

async function countOpen({ ledger }: Site): Promise<number> {
  const { rows } = await ledger.query<{ n: number }>('select count(*)::int as n from jobs where finished_at is null');
  return rows[0]?.n ?? 0;
}
