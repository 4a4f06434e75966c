import { z } from 'zod';
import { QUEUE_NAMES } from './jobs.ts';

export const queueName = z.enum(QUEUE_NAMES);

/** Every queue that takes bells: those of jobs, of imports, and of deliveries. */
export const BELL_QUEUES = [...QUEUE_NAMES, 'imports', 'webhooks'] as const;
export type BellQueue = (typeof BELL_QUEUES)[number];

/** A queue as the interface answers it. */
export const queue = z.strictObject({
  name: queueName,
  paused: z.boolean(),
  pausedSince: z.iso.datetime().nullable(),
  outstanding: z
    .int()
    .meta({ description: 'Jobs that are rung or running; more may wait behind the window of a client' }),
});
export type QueueAnswer = z.infer<typeof queue>;

/** The answer to a pause or a resume. */
export const pausedQueue = queue.extend({
  applied: z.boolean().meta({
    description:
      'Whether the workers were told. False when that was not possible just now: the change is kept, and they hear of it within seconds once they can be reached',
  }),
});
