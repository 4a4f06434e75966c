import { newId } from '@qvara/runtime/ids';
import type { Acceptor } from './acceptor.ts';
import type { AcceptConfig } from './config.ts';
import { openQueue } from './queue.ts';

/** Adds the body to a queue and promises nothing: what Redis loses is lost. */
export function openBare(config: AcceptConfig): Acceptor {
  const queue = openQueue(config);
  return {
    async handle(request, response) {
      const id = newId('job');
      await queue.add({ id, ...request.body });
      response.status(202).json({ id, state: 'accepted' });
    },
    close: queue.close,
  };
}
