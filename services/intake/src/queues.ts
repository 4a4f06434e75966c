import { pausedQueue, queue, queueName } from '@qvara/contracts/queues';
import { listQueues, notePause } from '@qvara/store/queue-pauses';
import { z } from 'zod';
import { route } from './route.ts';

const tag = 'Queues';
const scope = 'admin';

function pauseRoute(verb: 'pause' | 'resume', told: { readonly summary: string; readonly description: string }) {
  return route({
    method: 'post',
    path: `/v1/queues/{name}/${verb}`,
    id: `${verb}Queue`,
    tag,
    scope,
    ...told,
    params: z.strictObject({ name: queueName }),
    answers: { 200: { description: 'The queue', schema: pausedQueue } },
    handle: async ({ ledger, applyPauses }, { path, holder }) => {
      await notePause(ledger, { by: holder, queue: path.name, paused: verb === 'pause' });
      const applied = await applyPauses();
      const found = (await listQueues(ledger)).find(({ name }) => name === path.name);
      return { status: 200, body: { ...found, applied } };
    },
  });
}

export const QUEUE_ROUTES = [
  route({
    method: 'get',
    path: '/v1/queues',
    id: 'listQueues',
    tag,
    scope,
    summary: 'List the queues, and which of them are paused',
    answers: { 200: { description: 'Every queue', schema: z.strictObject({ items: z.array(queue) }) } },
    handle: async ({ ledger }) => ({ status: 200, body: { items: await listQueues(ledger) } }),
  }),
  pauseRoute('pause', {
    summary: 'Pause a queue',
    description:
      'Workers take no more jobs from it; those that run go on. Jobs are accepted all the same. Survives restarts, of Redis too. Repeatable. With `applied: false` the workers will hear of it, but have not yet.',
  }),
  pauseRoute('resume', {
    summary: 'Let a paused queue go on',
    description: 'Repeatable. With `applied: false` the workers will hear of it, but have not yet.',
  }),
];
