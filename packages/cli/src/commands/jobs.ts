import { type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { FAILURE_CODE_NAMES, type FailureCode } from '@qvara/contracts/failure';
import { JOB_STATES } from '@qvara/contracts/job-answer';
import { JOB_TYPES } from '@qvara/contracts/jobs';
import type { Open } from '../session.ts';
import { JOB_COLUMNS, jobText } from '../views/job.ts';
import { examples } from './examples.ts';
import { allOption, limitOption, pageLimit, showList } from './listing.ts';
import { showEnd, timeoutOption } from './posting.ts';
import { watchJob } from './watch-job.ts';

const JOB_ARGUMENT = ['<job>', "a job's id: job_ and 26 characters"] as const;

function failureCode(text: string): FailureCode {
  const code = FAILURE_CODE_NAMES.find((known) => known === text);
  if (code === undefined) throw new InvalidArgumentError(`There are: ${FAILURE_CODE_NAMES.join(', ')}.`);
  return code;
}

/** `qvara jobs`: read, followed, retried, cancelled. */
export function addJobs(program: CommandUnknownOpts, open: Open): void {
  const jobs = program.command('jobs').description('Jobs, and how far they have come');
  addList(jobs, open);

  jobs
    .command('show')
    .description('Show a job with its steps, as it is now')
    .argument(...JOB_ARGUMENT)
    .addHelpText('after', examples(['jobs show job_01k9zv6n3fe8prx2k1w3q4t5y6', 'with its steps']))
    .action(async (id, _, self) => {
      const { client, out, signal } = await open(self);
      const job = await client.jobs.get(id, { signal });
      out.result(job, () => jobText(job, out.paint));
    });

  jobs
    .command('watch')
    .description('Follow a job to its end')
    .argument(...JOB_ARGUMENT)
    .addOption(timeoutOption())
    .addHelpText('after', examples(['jobs watch job_01k9zv6n3fe8prx2k1w3q4t5y6 --timeout 60', 'for a minute at most']))
    .action(async (id, { timeout }, self) => {
      const session = await open(self);
      showEnd(session, await watchJob(session, id, timeout), 'completed');
    });

  for (const verb of ['retry', 'cancel'] as const) addAct(jobs, open, verb);
}

function addList(jobs: CommandUnknownOpts, open: Open): void {
  jobs
    .command('list')
    .description('List jobs, the newest first')
    .addOption(new Option('--state <state>', 'only these').choices(JOB_STATES))
    .addOption(new Option('--type <type>', 'only these').choices(JOB_TYPES))
    .addOption(
      new Option('--code <code>', 'only those that failed by this, such as platform-unavailable').argParser(
        failureCode,
      ),
    )
    .option('--customer <id>', 'only those of this customer')
    .option('--import <id>', 'only those of this import')
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText(
      'after',
      examples(
        ['jobs list --state failed --code platform-unavailable', 'what failed by this cause'],
        ['jobs list --state failed --all --json | jq -r .id | xargs -n1 qvara jobs retry', 'retry all that failed'],
      ),
    )
    .action(async (options, self) => {
      const { state, type, code, customer: customerId, import: importId, ...wish } = options;
      const session = await open(self);
      const { client, signal } = session;
      const filter = { state, type, code, customerId, importId, limit: pageLimit(wish) };
      await showList(session, client.jobs.list(filter, { signal }), { ...wish, shape: JOB_COLUMNS });
    });
}

const ACTS = {
  retry: {
    description: 'Retry a failed job: it takes a new turn and begins at the first step not succeeded',
    purpose: 'and follow it to its end',
    wanted: 'completed',
  },
  cancel: {
    description: 'Cancel a job; a provisioning undoes what it did',
    purpose: 'possible until activation starts',
    wanted: 'cancelled',
  },
} as const;

function addAct(jobs: CommandUnknownOpts, open: Open, verb: 'retry' | 'cancel'): void {
  const { description, purpose, wanted } = ACTS[verb];
  jobs
    .command(verb)
    .description(description)
    .argument(...JOB_ARGUMENT)
    .addOption(new Option('--no-wait', 'do not wait for its end'))
    .addOption(timeoutOption())
    .addHelpText('after', examples([`jobs ${verb} job_01k9zv6n3fe8prx2k1w3q4t5y6`, purpose]))
    .action(async (id, { wait, timeout }, self) => {
      const session = await open(self);
      const { client, out, signal } = session;
      const job = await client.jobs[verb](id, { signal });
      if (wait) showEnd(session, await watchJob(session, id, timeout), wanted);
      else out.result(job, () => jobText(job, out.paint));
    });
}
