import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisBox } from '../prove/servers.ts';
import { provisioning } from '../support/api.ts';
import { ask } from '../support/redis-server.ts';
import { addContainers } from '../support/stack.ts';
import { crowd, expectAllActive, underWay } from './crowd.ts';
import { seed, someOf } from './extent.ts';
import { openScene, type Scene } from './scene.ts';

const WAYS: readonly (readonly [string, (redis: RedisBox) => Promise<unknown>])[] = [
  ['FLUSHALL', ({ port }) => ask(port, (client) => client.flushall())],
  [
    'killed, and started again without its files',
    async (redis) => {
      await redis.kill();
      await redis.forget();
      await redis.start();
    },
  ],
];
let regions = 0;

describe(`Redis emptied (seed ${seed})`, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ backend: 'redis', intakes: 1, workers: 2 });
  });
  afterAll(() => scene?.close());

  it.each(someOf(WAYS, 1, 'redis-emptied'))(
    'all that is open, held and waiting jobs too, is rung again within 45 s and nothing repeats: %s',
    async (_, empty) => {
      const region = `late-${++regions}`;
      const held = await scene.insist(provisioning({ region }));
      await scene.api.reaches(held.id, 'held');
      const jobs = await crowd(scene, 50);
      const changes = await Promise.all(
        jobs.map(({ customerId }) => scene.insist({ type: 'customer.update', customerId, payload: { name: 'New' } })),
      );
      await underWay(scene, 5);
      await empty(scene.world.redis as RedisBox);
      await addContainers(scene.api, [{ id: String(300_000 + regions), capacity: 5, region }]);
      await expectAllActive(scene, [...jobs, held], 45_000);
      for (const { id } of changes) expect(await scene.api.ended(id)).toMatchObject({ state: 'completed', attempt: 1 });
    },
    120_000,
  );
});
