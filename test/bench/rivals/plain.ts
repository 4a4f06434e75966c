import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { acceptJobs, addContainers } from './accepted.ts';
import { type Clock, openClock } from './clock.ts';
import { openHandling } from './handler.ts';
import { CONCURRENCY, type Provisioner, type ProvisionerPlan } from './provisioner.ts';

type Message = { readonly jobId: string };

const QUEUE = 'provision';
const ADDED_AT_ONCE = 500;

/** What a competent team writes first: BullMQ, MikroORM, one step after the other in one handler. Throws without Redis. */
export async function openPlain(plan: ProvisionerPlan): Promise<Provisioner> {
  const { redisUrl, prefix = 'rivals', concurrency = CONCURRENCY } = plan;
  if (redisUrl === null) throw new Error('plain works with Redis only');
  const handling = await openHandling(plan, concurrency);
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue<Message>(QUEUE, { connection, prefix });
  let accepted = 0;

  function openWorker(clock: Clock): Worker<Message> {
    const handle = ({ data }: { data: Message }) => clock.time(() => handling.handle(data.jobId));
    return new Worker<Message>(QUEUE, handle, { connection, prefix, concurrency, autorun: false });
  }

  return {
    name: 'plain',
    async accept(jobs) {
      const subjects = await acceptJobs(handling.ledger, handling.append, jobs);
      await addContainers(handling.ledger, jobs);
      const messages = subjects.map(({ jobId }) => ({
        name: QUEUE,
        data: { jobId },
        opts: { removeOnComplete: { count: 100 } },
      }));
      for (let from = 0; from < jobs; from += ADDED_AT_ONCE)
        await queue.addBulk(messages.slice(from, from + ADDED_AT_ONCE));
      accepted = jobs;
    },
    async run() {
      const clock = openClock(accepted);
      const worker = openWorker(clock);
      await worker.waitUntilReady();
      const running = worker.run();
      try {
        return await clock.finished;
      } finally {
        await worker.close();
        await running;
      }
    },
    async close() {
      await queue.close();
      connection.disconnect();
      await handling.close();
    },
  };
}
