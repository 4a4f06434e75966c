import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCOPES } from '@qvara/contracts/clients';
import type { JobAnswer } from '@qvara/contracts/job-answer';
import { expect } from 'vitest';
import { loadEvidence } from '../prove/evidence.ts';
import { addKeys } from '../prove/keys.ts';
import type { Accepted } from '../prove/load-log.ts';
import { comesToRest } from '../prove/settle.ts';
import { COUNTERS, judge } from '../prove/verdict.ts';
import { startWorld, type World, type WorldPlan } from '../prove/world.ts';
import { type Api, createApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { addContainers } from '../support/stack.ts';
import { within } from '../support/within.ts';

/** Servers and services of a test's own, ready to be hurt, with one container. */
export type Scene = {
  readonly world: World;
  /** An administrator's way to the intakes. */
  readonly api: Api;
  /** Posts with an idempotency key until there is a 202, whatever is down meanwhile. */
  readonly insist: (job: object, key?: string) => Promise<JobAnswer>;
  /** Every status that `insist` was answered with. */
  readonly statuses: ReadonlySet<number>;
  /** Waits until all is at rest, then finds nothing lost, repeated, out of order, missing or leaked, and no bug met. */
  readonly expectWhole: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const REST_MS = 45_000;
const PATIENCE_MS = 30_000;
const CALL_MS = 5_000;
/** What a worker writes of an error that it does not know: its job may end well all the same. */
const BUG_MET = /a run met a defect|a step failed in a way it does not know/;

export async function openScene(plan: Omit<WorldPlan, 'folder'>): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'qvara-chaos-'));
  const world = await startWorld({ ...plan, folder });
  const [key = ''] = await addKeys(world.ledgerUrl, [SCOPES]);
  const api = createApi(world.intakeUrls, key);
  const accepted: Accepted[] = [];
  const statuses = new Set<number>();
  await addContainers(api, [{ id: '100001', capacity: 900 }]);
  return {
    world,
    api,
    statuses,
    async insist(job, idempotencyKey = randomUUID()) {
      const headers = { 'idempotency-key': idempotencyKey };
      const body = await eventually(
        async () => {
          const answer = await within(CALL_MS, (signal) =>
            api.call<JobAnswer>('POST', '/v1/jobs', { body: job, headers, signal }),
          );
          statuses.add(answer.status);
          return answer.status === 202 ? answer.body : undefined;
        },
        { deadlineMs: PATIENCE_MS, describe: 'the job is accepted' },
      );
      accepted.push({ jobId: body.id, key: idempotencyKey, type: body.type });
      return body;
    },
    async expectWhole() {
      expect(await comesToRest(world, performance.now() + REST_MS), 'everything came to rest').toBe(true);
      const none = Object.fromEntries(Object.keys(COUNTERS).map((name) => [name, []]));
      expect(judge(await loadEvidence({ ...world, accepted, seen: null }))).toEqual(none);
      expect(bugsMet(world), 'bugs that workers met').toEqual([]);
    },
    async close() {
      await world.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function bugsMet({ workers }: World): string[] {
  return workers.flatMap((worker) =>
    worker
      .log()
      .split('\n')
      .filter((line) => BUG_MET.test(line)),
  );
}
