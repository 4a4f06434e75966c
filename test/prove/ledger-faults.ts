import { QUEUE_NAMES, type QueueName } from '@qvara/contracts/jobs';
import { openBackend } from '@qvara/queue/connection';
import { createProducer } from '@qvara/queue/producer';
import pg from 'pg';
import { eventually } from '../support/eventually.ts';
import { within } from '../support/within.ts';
import { BOTH, type Fault, MOMENT, nothing, type Scene } from './fault.ts';

/** The servers may be on their way up again. */
const PATIENCE_MS = 10_000;

/** What a stray transaction may hold on to. */
const HELD = [
  'select from lanes where customer_id in (select customer_id from lanes order by md5(customer_id) limit 5) for update',
  "select from jobs where state not in ('completed', 'failed', 'cancelled') limit 20 for update skip locked",
  'select pg_advisory_xact_lock(7811, 2)',
  'select from bell_windows for update',
  'select pg_advisory_xact_lock(7811, 1)',
  'select count(*) from events',
] as const;

/** A number the ledger is about to give out is left alone: who rings that ahead of it makes a queue swallow the real one. */
const OTHER_NUMBERS = [-2, -1, 500] as const;

export const LEDGER_FAULTS: readonly Fault[] = [
  {
    name: 'transaction held open on the ledger',
    backends: BOTH,
    lastsMs: [1_000, 6_000],
    async make({ world }, chance) {
      const what = chance.pick(HELD);
      const client = await eventually(() => connect(world.ledgerUrl), { deadlineMs: PATIENCE_MS });
      await client.query('begin').then(() => client.query(what));
      return () => within(PATIENCE_MS, () => client.end());
    },
  },
  {
    name: 'queue paused',
    backends: BOTH,
    lastsMs: [3_000, 9_000],
    async make({ operator }, chance) {
      const queue = chance.pick(QUEUE_NAMES);
      await operator.pause(queue, true);
      return () => operator.pause(queue, false);
    },
  },
  {
    name: 'bells rung by hand',
    backends: BOTH,
    lastsMs: MOMENT,
    async make(scene, chance) {
      const steps = [0, chance.pick(OTHER_NUMBERS)];
      await eventually(() => ringStray(scene, steps).then(() => true), { deadlineMs: PATIENCE_MS });
      return nothing;
    },
  },
];

async function connect(connectionString: string): Promise<pg.Client> {
  const limits = { connectionTimeoutMillis: 5_000, query_timeout: PATIENCE_MS };
  const client = new pg.Client({ connectionString, ...limits });
  // The server may be restarted meanwhile; then the transaction is over too.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

type Rung = { queue: QueueName; id: string; bell_no: number };

/** Rings jobs of every state, with the number they have and with another. */
async function ringStray({ world }: Scene, steps: readonly number[]): Promise<void> {
  const { rows } = await world.ledger.query<Rung>(
    '(select queue, id, bell_no from jobs where finished_at is null limit 40) union all (select queue, id, bell_no from jobs where finished_at is not null limit 10)',
  );
  const bells = rows.flatMap(({ queue, id: jobId, bell_no: bellNo }) =>
    steps.map((step) => ({ queue, jobId, bellNo: Math.max(0, bellNo + step), place: 1 })),
  );
  const backend = openBackend({ redisUrl: world.redis?.url, databaseUrl: world.ledgerUrl });
  const producer = createProducer(backend);
  try {
    await producer.ring(bells);
  } finally {
    await producer.close();
    await backend.close();
  }
}
