import { openBackend } from '@qvara/queue/connection';
import { createProducer, type Producer } from '@qvara/queue/producer';
import { openScene, type Scene } from './scene.ts';

/** A scene whose bells a test can ring and look at by itself. */
export type RingingScene = Scene & { readonly producer: Producer };

export async function openRingingScene(plan: Parameters<typeof openScene>[0]): Promise<RingingScene> {
  const scene = await openScene(plan);
  const { redis, ledgerUrl } = scene.world;
  const queues = openBackend({ redisUrl: redis?.url, databaseUrl: ledgerUrl });
  const producer = createProducer(queues);
  return {
    ...scene,
    producer,
    async close() {
      await producer.close();
      await queues.close();
      await scene.close();
    },
  };
}
