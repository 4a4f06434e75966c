import { scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed } from '../support/extent.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

describe.each(backendsFor('processes'))(`workers that stop or die, on %s queues (seed ${seed})`, (backend) => {
  let stack: Stack;
  let api: Api;

  beforeAll(async () => {
    stack = await startStack({ backend });
    api = await stack.client();
    await addContainers(api, [{ id: '100001', capacity: 999 }]);
  });
  afterAll(() => stack.stop());

  /** A provisioning that has come to a slow step on the one worker there is. */
  async function inTheMiddle() {
    const slow = {
      containerId: '100001',
      verb: 'configureTenants',
      behaviour: 'latency',
      latencyMs: 30_000,
      times: 1,
    } as const;
    await scriptFault(stack.database.sandboxUrl, slow);
    const { id } = await api.post(provisioning());
    await eventually(async () => (await api.job(id)).steps[2]?.state === 'running', {
      describe: 'apply-settings runs',
    });
    return id;
  }

  async function replaceWorker(signal: 'SIGTERM' | 'SIGKILL') {
    const [old] = stack.workers.splice(0, 1);
    await stack.startWorker();
    return await old?.stop(signal);
  }

  it('give their jobs back when they are told to stop, and no attempt is spent', async () => {
    const id = await inTheMiddle();
    expect(await replaceWorker('SIGTERM')).toBe(0);
    expect(await api.ended(id)).toMatchObject({ state: 'completed', attempt: 1 });
  });

  it('lose their jobs to the others when they are killed, and the effects happen once', async () => {
    const id = await inTheMiddle();
    await replaceWorker('SIGKILL');
    const job = await api.ended(id, 25_000);
    expect(job).toMatchObject({ state: 'completed', attempt: 1 });
    const events = await api.events(`jobId=${id}`);
    expect(events.map(({ data }) => data.jobSequence)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'qvara.tenant.created.v1')).toHaveLength(1);
  });
});
