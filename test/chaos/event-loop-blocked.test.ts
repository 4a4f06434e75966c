import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, isFull, seed } from '../support/extent.ts';
import { callsOf, expectActiveOnce, holdInCalls, whileAlone } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

/** Past the lease of a worker, and in the full form past the lock of a bell in its queue too. */
const BLOCK_MS = isFull ? 17_000 : 12_500;
const SLOW_MS = 12_000;
const PROMISED_MS = 15_000;

describe.each(backendsFor('event-loop-blocked'))(`an event loop blocked, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    const env = { FAULT_BLOCK_MS: String(BLOCK_MS) };
    scene = await openScene({ backend, intakes: 1, workers: 2, env });
  });
  afterAll(() => scene?.close());

  it('past its lease costs no effect twice, and the worker goes on with others afterwards', async () => {
    const { done: held, holder, heir } = await whileAlone(scene, () => holdInCalls(scene, SLOW_MS));
    holder.signal('SIGUSR2');
    const ended = held.map(({ job }) => scene.api.ended(job.id, PROMISED_MS));
    for (const job of await Promise.all(ended)) expect(job).toMatchObject({ state: 'completed', attempt: 1 });
    const [first] = held;
    const refused = async () => first && (await callsOf(scene, first.job)).some(({ outcome }) => outcome !== 'ok');
    await eventually(refused, { deadlineMs: BLOCK_MS + SLOW_MS, describe: 'the late call is refused' });
    for (const { job } of held) await expectActiveOnce(scene, job);
    const free = await heir.take();
    await heir.stop('SIGTERM');
    const next = await scene.insist(provisioning());
    expect((await scene.api.ended(next.id)).state).toBe('completed');
    await heir.start();
    free();
    expect(scene.world.remarks).toEqual([]);
    await scene.expectWhole();
  });
});
