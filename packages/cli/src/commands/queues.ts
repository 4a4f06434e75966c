import { type CommandUnknownOpts, createArgument } from '@commander-js/extra-typings';
import { QUEUE_NAMES } from '@qvara/contracts/jobs';
import type { QueueAnswer } from '@qvara/contracts/queues';
import { each } from '../each.ts';
import type { Column } from '../output.ts';
import type { Open } from '../session.ts';
import { examples } from './examples.ts';

const QUEUES: readonly Column<QueueAnswer>[] = [
  ['queue', ({ name }) => name],
  ['paused', ({ paused }) => paused],
  ['since', ({ pausedSince }) => pausedSince],
  ['rung or running', ({ outstanding }) => outstanding],
];

const VERBS = [
  ['pause', 'Pause a queue: jobs are accepted, and wait; those that run go on', 'until it is resumed'],
  ['resume', 'Let a paused queue go on', 'what has waited runs'],
] as const;

/** `qvara queues`: shown, paused, resumed. */
export function addQueues(program: CommandUnknownOpts, open: Open): void {
  const queues = program.command('queues').description('The queues of jobs');

  queues
    .command('list')
    .description('List the queues, and which of them are paused')
    .addHelpText('after', examples(['queues list --json', 'for a program']))
    .action(async (_, self) => {
      const { client, out, signal } = await open(self);
      const list = await client.queues.list({ signal });
      await out.rows(each(list), QUEUES);
    });

  for (const [verb, description, purpose] of VERBS) {
    queues
      .command(verb)
      .description(description)
      .addArgument(createArgument('<queue>', 'its name').choices(QUEUE_NAMES))
      .addHelpText('after', examples([`queues ${verb} provisioning`, purpose]))
      .action(async (name, _, self) => {
        const { client, out, signal } = await open(self);
        const queue = await client.queues[verb](name, { signal });
        await out.rows(each([queue]), QUEUES);
        if (!queue.applied) out.note('The workers could not be told just now; they will hear of it within seconds.');
      });
  }
}
