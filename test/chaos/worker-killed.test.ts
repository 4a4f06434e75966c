import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { backendsFor, seed, someOf } from '../support/extent.ts';
import { expectActiveOnce, holdInEveryStep } from './holds.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'worker-killed';
const NEVER_MS = 120_000;
const CROWD = 24;

const CASES = [
  { title: 'while another goes on', kills: 1, waitsForClaims: true, promisedMs: 15_000 },
  { title: 'all at once, and started again', kills: 2, waitsForClaims: true, promisedMs: 15_000 },
  // A bell that was taken and not yet answered by a claim is given back by the queue, which is slower than the ledger.
  { title: 'while they take bells', kills: 2, waitsForClaims: false, promisedMs: 30_000 },
];

describe.each(backendsFor(FILE))(`workers killed, on %s (seed ${seed})`, (backend) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend, intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  /** A provisioning in each step, and a crowd behind them that the same lock keeps from a seat. */
  async function fill() {
    const { jobs, letGo, holder, heir } = await holdInEveryStep(scene, NEVER_MS);
    const crowd = await Promise.all(Array.from({ length: CROWD }, () => scene.insist(provisioning())));
    return { jobs: [...jobs, ...crowd], letGo, slots: [holder, heir] };
  }

  async function isClaimed(): Promise<boolean> {
    const { rows } = await scene.world.ledger.query("select from jobs where state = 'accepted'");
    return rows.length === 0;
  }

  it.each(someOf(CASES, 1, FILE))(
    'provisionings whose workers are killed inside any step, $title, end active within $promisedMs ms of it, each effect once',
    async ({ kills, waitsForClaims, promisedMs }) => {
      const { jobs, letGo, slots } = await fill();
      if (waitsForClaims) await eventually(isClaimed, { describe: 'every job is claimed' });
      const killed = slots.slice(0, kills);
      const frees = await Promise.all(killed.map((slot) => slot.take()));
      const ended = Promise.all(jobs.map(({ id }) => scene.api.ended(id, promisedMs)));
      await Promise.all([...killed.map((slot) => slot.stop('SIGKILL')), letGo()]);
      if (kills === slots.length) await Promise.all(killed.map((slot) => slot.start()));
      for (const job of await ended) expect(job).toMatchObject({ state: 'completed', attempt: 1 });
      for (const job of jobs) await expectActiveOnce(scene, job);
      await Promise.all(killed.map((slot) => slot.start()));
      for (const free of frees) free();
      await scene.expectWhole();
    },
  );
});
