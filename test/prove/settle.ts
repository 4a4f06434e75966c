import { setTimeout as delay } from 'node:timers/promises';
import { clearFaults } from '@qvara/platform/sandbox-scripts';
import { eventually } from '../support/eventually.ts';
import type { Caller } from './caller.ts';
import type { Operator } from './operator.ts';
import { REGIONS } from './requests.ts';
import { calm, type World } from './world.ts';

type Settling = { readonly world: World; readonly operator: Operator; readonly caller: Caller };

/** Longer than the longest backoff of a job, twice over. */
const DEADLINE_MS = 150_000;
const PAUSE_MS = 250;
const PLENTY = 999;
const ROUNDS = 3;

// Not done: a job that has not ended, unless it is held or waits its turn behind one that is.
const RESTLESS = `select count(*)::int as n from jobs j where finished_at is null and state <> 'held'
  and not exists (select from jobs h where h.customer_id = j.customer_id and h.state = 'held' and h.turn < j.turn)`;

/**
 * Mends everything, gives room to all who wait for it, retries what could not be undone, and waits until every job has
 * ended or is held. Answers whether that came about in time.
 */
export async function settle({ world, operator, caller }: Settling): Promise<boolean> {
  const deadline = performance.now() + DEADLINE_MS;
  await mend(world);
  await operator.openAll();
  for (const region of REGIONS) await operator.addContainer(region, PLENTY);
  for (let round = 0; round < ROUNDS; round++) {
    if (!(await comesToRest(world, deadline))) return false;
    const incomplete = await findIncomplete(world);
    if (incomplete.length === 0) return true;
    for (const id of incomplete) await caller.insist({ method: 'POST', path: `/v1/jobs/${id}/retry` });
  }
  return await comesToRest(world, deadline);
}

async function mend(world: World): Promise<void> {
  calm(world);
  const slots = [...world.workers, ...world.intakes];
  for (const slot of slots) slot.signal('SIGCONT');
  await Promise.all(slots.map((slot) => slot.start()));
  await eventually(() => clearFaults(world.platform).then(() => true), { deadlineMs: 30_000 });
}

/** Waits until every job has ended or is held, or waits behind one that is; answers whether that came about in time. */
export async function comesToRest({ ledger }: Pick<World, 'ledger'>, deadline: number): Promise<boolean> {
  while (performance.now() < deadline) {
    const { rows } = await ledger.query<{ n: number }>(RESTLESS);
    if (rows[0]?.n === 0) return true;
    await delay(PAUSE_MS);
  }
  return false;
}

async function findIncomplete({ ledger }: World): Promise<string[]> {
  const { rows } = await ledger.query<{ id: string }>(
    "select id from jobs where state = 'failed' and undo = 'incomplete' order by id",
  );
  return rows.map(({ id }) => id);
}
