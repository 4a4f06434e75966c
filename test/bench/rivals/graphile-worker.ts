import { Logger, makeWorkerUtils, run, type WorkerUtils } from 'graphile-worker';
import { acceptJobs, addContainers } from './accepted.ts';
import { openClock } from './clock.ts';
import { openHandling } from './handler.ts';
import { CONCURRENCY, type Provisioner, type ProvisionerPlan } from './provisioner.ts';

const TASK = 'provision';
const ADDED_AT_ONCE = 500;
const logger = new Logger(() => () => undefined);

/** Plain's handler on graphile-worker, in a schema of its own in the ledger's database. */
export async function openGraphileWorker(plan: ProvisionerPlan): Promise<Provisioner> {
  const { ledgerUrl: connectionString, concurrency = CONCURRENCY } = plan;
  const handling = await openHandling(plan, concurrency);
  const utils: WorkerUtils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  let accepted = 0;

  return {
    name: 'graphile-worker',
    async accept(jobs) {
      const subjects = await acceptJobs(handling.ledger, handling.append, jobs);
      await addContainers(handling.ledger, jobs);
      const tasks = subjects.map(({ jobId }) => ({ identifier: TASK, payload: { jobId } }));
      for (let from = 0; from < jobs; from += ADDED_AT_ONCE)
        await utils.addJobs(tasks.slice(from, from + ADDED_AT_ONCE));
      accepted = jobs;
    },
    async run() {
      const clock = openClock(accepted);
      const runner = await run({
        connectionString,
        logger,
        concurrency,
        maxPoolSize: concurrency + 2,
        noHandleSignals: true,
        parsedCronItems: [],
        taskList: { [TASK]: (payload) => clock.time(() => handling.handle((payload as { jobId: string }).jobId)) },
        // As its documents advise for throughput: fetch ahead, and complete together.
        preset: { worker: { localQueue: { size: concurrency + 1 }, completeJobBatchDelay: 0 } },
      });
      try {
        return await clock.finished;
      } finally {
        await runner.stop();
      }
    },
    async close() {
      await utils.release();
      await handling.close();
    },
  };
}
