import { scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { judgeBySchemasOf } from '../support/published-schemas.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const COMPLETED = 120;
/** Longer than workers need to look. */
const SLOW_MS = 14_000;

describe('jobs that take longer than others of their kind', () => {
  let stack: Stack;
  let api: Api;

  beforeAll(async () => {
    stack = await startStack({ backend: 'redis', workers: 2 });
    api = await stack.client();
    await addContainers(api, [
      { id: '100001', capacity: 900 },
      { id: '100002', capacity: 10, region: 'slow' },
    ]);
    const jobs = await Promise.all(Array.from({ length: COMPLETED }, () => api.post(provisioning({ region: 'west' }))));
    for (const { id } of jobs) await api.ended(id);
  });
  afterAll(() => stack.stop());

  it('are told to be late once, while they hang on a slow platform or are held, and end as if nothing was', async () => {
    const slow = { containerId: '100002', verb: 'ensureTenants', behaviour: 'latency', times: 1 } as const;
    await scriptFault(stack.database.sandboxUrl, { ...slow, latencyMs: SLOW_MS });
    const { id: hanging } = await api.post(provisioning({ region: 'slow' }));
    const { id: held } = await api.post(provisioning({ region: 'nowhere' }));
    await eventually(async () => (await api.job(hanging)).steps[1]?.state === 'running');
    await api.reaches(held, 'held');
    expect(await api.job(hanging)).toMatchObject({ lateSince: null });
    await stack.ledger.pool.query("update jobs set begun_at = begun_at - interval '1 hour' where id = any($1)", [
      [hanging, held],
    ]);
    const alarms = () => api.events('type=job.late&after=0');
    await eventually(async () => (await alarms()).length === 2, { deadlineMs: 12_000, describe: 'both are told' });
    const [first, second] = await alarms();
    expect(new Set([first?.data.jobId, second?.data.jobId])).toEqual(new Set([hanging, held]));
    const judge = judgeBySchemasOf(stack.intakes[0]?.url ?? '');
    for (const alarm of await alarms()) expect(await judge(alarm)).toBeNull();
    for (const id of [hanging, held]) expect((await api.job(id)).lateSince).not.toBeNull();
    expect(await api.ended(hanging, SLOW_MS + 10_000)).toMatchObject({ state: 'completed', attempt: 1 });
    await addContainers(api, [{ id: '100003', capacity: 10, region: 'nowhere' }]);
    expect(await api.ended(held)).toMatchObject({ state: 'completed', lateSince: expect.any(String) });
    for (const id of [hanging, held]) {
      const numbers = (await api.events(`jobId=${id}`)).map(({ data }) => data.jobSequence);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
    expect(await alarms()).toHaveLength(2);
  });
});
