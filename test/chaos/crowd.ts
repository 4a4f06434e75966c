import type { JobAnswer } from '@qvara/contracts/job-answer';
import { scriptFault } from '@qvara/platform/sandbox-scripts';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { expectActiveOnce } from './holds.ts';
import type { Scene } from './scene.ts';

/** The container that every scene has. */
const CONTAINER = '100001';
const READS_AT_ONCE = 8;

/** Posts so many provisionings at once, each until it is accepted. */
export async function crowd(scene: Scene, count: number, fields: object = {}): Promise<JobAnswer[]> {
  return await Promise.all(Array.from({ length: count }, () => scene.insist(provisioning(fields))));
}

/** Makes every call to the platform take so long: work lasts long enough to be met by a fault. */
export async function slowDown({ world }: Scene, latencyMs: number): Promise<void> {
  const script = { containerId: CONTAINER, verb: 'any', behaviour: 'latency', latencyMs, times: null } as const;
  await scriptFault(world.platform, script);
}

/** Waits until so many jobs run, or have run: a fault made now meets the others in the middle. */
export async function underWay({ world }: Scene, jobs: readonly JobAnswer[], count = 5): Promise<void> {
  const sql = "select from jobs where id = any($1) and state <> 'accepted' limit $2";
  const ids = jobs.map(({ id }) => id);
  await eventually(async () => (await world.ledger.query(sql, [ids, count])).rows.length === count, {
    deadlineMs: 20_000,
    describe: `${count} jobs are under way`,
  });
}

/** Waits until every one of these jobs is completed. */
export async function allCompleted({ world }: Scene, jobs: readonly JobAnswer[], deadlineMs: number): Promise<void> {
  const ids = jobs.map(({ id }) => id);
  const sql = "select id, state, bell, held from jobs where id = any($1) and state <> 'completed' limit 5";
  let open: unknown[] = [];
  const isDone = async () => {
    open = (await world.ledger.query(sql, [ids])).rows;
    return open.length === 0;
  };
  const describe = () => `all ${jobs.length} jobs are completed; open are ${JSON.stringify(open)}`;
  await eventually(isDone, { deadlineMs, describe });
}

/** Waits until every provisioning is done, and finds that each made its customer active once, whatever happened. */
export async function expectAllActive(scene: Scene, jobs: readonly JobAnswer[], deadlineMs: number): Promise<void> {
  await allCompleted(scene, jobs, deadlineMs);
  for (const job of jobs) await expectActiveOnce(scene, job);
  await scene.expectWhole();
}

/** Waits until reads are answered, as many at once as an intake has connections. */
export async function readsAnswered({ api }: Scene, deadlineMs: number): Promise<void> {
  const read = async () => (await api.call('GET', '/v1/jobs?limit=1')).status;
  const all = async () => (await Promise.all(Array.from({ length: READS_AT_ONCE }, read))).every((s) => s === 200);
  await eventually(all, { deadlineMs, describe: 'reads are answered' });
}
