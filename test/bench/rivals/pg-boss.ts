import { PgBoss } from 'pg-boss';
import { acceptJobs, addContainers } from './accepted.ts';
import { openClock } from './clock.ts';
import { openHandling } from './handler.ts';
import { CONCURRENCY, type Provisioner, type ProvisionerPlan } from './provisioner.ts';

type Message = { readonly jobId: string };

const QUEUE = 'provision';
const INSERTED_AT_ONCE = 500;
/** A worker that took a whole batch takes the next at once; alone it would pause half a second after each job. */
const BATCH = 4;

/** Plain's handler on pg-boss, in a schema of its own in the ledger's database. */
export async function openPgBoss(plan: ProvisionerPlan): Promise<Provisioner> {
  const { concurrency = CONCURRENCY } = plan;
  const handling = await openHandling(plan, concurrency);
  const boss = new PgBoss({ connectionString: plan.ledgerUrl, max: concurrency, schedule: false });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue(QUEUE);
  let accepted = 0;

  return {
    name: 'pg-boss',
    async accept(jobs) {
      const subjects = await acceptJobs(handling.ledger, handling.append, jobs);
      await addContainers(handling.ledger, jobs);
      const messages = subjects.map(({ jobId }) => ({ data: { jobId } }));
      for (let from = 0; from < jobs; from += INSERTED_AT_ONCE)
        await boss.insert(QUEUE, messages.slice(from, from + INSERTED_AT_ONCE));
      accepted = jobs;
    },
    async run() {
      const clock = openClock(accepted);
      const options = { localConcurrency: concurrency / BATCH, batchSize: BATCH, burstWhenBatchFull: true };
      await boss.work<Message>(QUEUE, { ...options, pollingIntervalSeconds: 0.5 }, async (messages) => {
        await Promise.all(messages.map(({ data }) => clock.time(() => handling.handle(data.jobId))));
      });
      try {
        return await clock.finished;
      } finally {
        await boss.offWork(QUEUE, { wait: true });
      }
    },
    async close() {
      await boss.stop();
      await handling.close();
    },
  };
}
