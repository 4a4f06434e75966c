import { newId } from '@qvara/runtime/ids';
import pg from 'pg';
import { newSteps } from '../story.ts';
import type { Acceptor } from './acceptor.ts';
import type { AcceptConfig } from './config.ts';
import { judge } from './judge.ts';
import { openQueue } from './queue.ts';

const INSERT = `
  insert into jobs (id, client_id, owner_id, customer_id, type, queue, external_id, payload, by_admin, turn, state, phase, attempt,
    steps, cancellable, accepted_at, bell, bell_no, event_count)
  values ($1, $2, $2, $3, $4, 'provisioning', $5, $6, false, 1, 'accepted', 'forward', 1, $7, true, clock_timestamp(), 'none', 0, 0)`;

/** One row, durable when the statement returns, and one message; no customer, no event, and no sense of repeated requests. */
export function openInsertAdd(config: AcceptConfig): Acceptor {
  const queue = openQueue(config);
  const pool = new pg.Pool({ connectionString: config.databaseUrl, max: config.connections, idleTimeoutMillis: 0 });
  const clientId = newId('cli');
  return {
    async handle(request, response) {
      const asked = judge(request, response);
      if (asked === null) return;
      const { type, externalId = null, payload } = asked;
      const [id, customerId, steps] = [newId('job'), newId('cus'), newSteps()];
      const values = [id, clientId, customerId, type, externalId, JSON.stringify(payload), JSON.stringify(steps)];
      await pool.query({ name: 'insert', text: INSERT, values });
      await queue.add({ jobId: id });
      response.status(202).json({ id, type, state: 'accepted', customerId, externalId, attempt: 1, steps });
    },
    async close() {
      await Promise.all([queue.close(), pool.end()]);
    },
  };
}
