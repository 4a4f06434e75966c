import type { JobAnswer } from '@qvara/contracts/job-answer';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { expectActiveOnce } from './holds.ts';
import type { Scene } from './scene.ts';

/** Posts so many provisionings at once, each until it is accepted. */
export async function crowd(scene: Scene, count: number, fields: object = {}): Promise<JobAnswer[]> {
  return await Promise.all(Array.from({ length: count }, () => scene.insist(provisioning(fields))));
}

/** Waits until so many jobs run, or have run: a fault made now meets the others in the middle. */
export async function underWay({ world }: Scene, count: number): Promise<void> {
  await eventually(
    async () =>
      (await world.ledger.query("select from jobs where state <> 'accepted' limit $1", [count])).rows.length === count,
    { deadlineMs: 20_000, describe: `${count} jobs are under way` },
  );
}

/** Waits until every provisioning is done, and finds that each made its customer active once, whatever happened. */
export async function expectAllActive(scene: Scene, jobs: readonly JobAnswer[], deadlineMs: number): Promise<void> {
  const isDone = async () => {
    const ids = jobs.map(({ id }) => id);
    const sql = "select from jobs where id = any($1) and state <> 'completed'";
    return (await scene.world.ledger.query(sql, [ids])).rows.length === 0;
  };
  await eventually(isDone, { deadlineMs, describe: `all ${jobs.length} jobs are completed` });
  for (const job of jobs) await expectActiveOnce(scene, job);
  await scene.expectWhole();
}
