import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { AcceptConfig } from './config.ts';

/** A queue to which a rival adds one message for each request. */
export function openQueue({ redisUrl, prefix }: Pick<AcceptConfig, 'redisUrl' | 'prefix'>) {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue<object>('accepted', { connection, prefix });
  return {
    add: async (message: object): Promise<void> => {
      await queue.add('customer.provision', message);
    },
    async close(): Promise<void> {
      await queue.close();
      connection.disconnect();
    },
  };
}
