import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { crowd, expectAllActive } from './crowd.ts';
import { backendsFor, seed } from './extent.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'commit-answer-lost';

describe.each(backendsFor(FILE))(`answers to COMMIT lost, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 1 });
  });
  afterAll(() => scene?.close());

  it('a request whose commit was answered to nobody makes one job, however often it is sent again', async () => {
    const { ledger } = scene.world.ways;
    const keys = Array.from({ length: 5 }, (_, index) => `lost-${index}`);
    const jobs = [];
    for (const key of keys) {
      ledger.loseCommits(1);
      jobs.push(await scene.insist(provisioning(), key));
    }
    ledger.loseCommits(0);
    for (const [index, key] of keys.entries())
      expect((await scene.insist(provisioning(), key)).id).toBe(jobs[index]?.id);
    await expectAllActive(scene, jobs, 30_000);
  }, 60_000);

  it('runs whose claims and writes were answered to nobody spend no attempt and act once', async () => {
    const { ledger } = scene.world.ways;
    const before = ledger.lostCommits();
    const jobs = await crowd(scene, 10);
    ledger.loseCommits(4);
    await expectAllActive(scene, jobs, 45_000);
    expect(ledger.lostCommits()).toBe(before + 4);
    for (const { id } of jobs) expect((await scene.api.job(id)).attempt).toBe(1);
  }, 60_000);

  it('a platform whose own commits were answered to nobody has done everything once', async () => {
    const { platform } = scene.world.ways;
    const jobs = await crowd(scene, 10);
    platform.loseCommits(3);
    await expectAllActive(scene, jobs, 45_000);
    expect(platform.lostCommits()).toBeGreaterThan(0);
  }, 60_000);
});
