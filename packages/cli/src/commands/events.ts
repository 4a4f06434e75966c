import { type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { type CloudEvent, EVENT_NAMES, type EventName } from '@qvara/contracts/events';
import type { Open, Session } from '../session.ts';
import { eventText } from '../views/event.ts';
import { examples } from './examples.ts';
import { allOption, limitOption, wholeNumber } from './listing.ts';

type Wish = { readonly limit: number; readonly all?: true | undefined; readonly follow?: true | undefined };

function eventName(text: string, before: readonly EventName[] = []): EventName[] {
  const name = EVENT_NAMES.find((known) => known === text || `qvara.${known}.v1` === text);
  if (name === undefined) throw new InvalidArgumentError(`There are: ${EVENT_NAMES.join(', ')}.`);
  return [...before, name];
}

/** `qvara events`: what has happened, and what happens. */
export function addEvents(program: CommandUnknownOpts, open: Open): void {
  program
    .command('events')
    .description('Show events in their order, or follow them as they happen')
    .option('--follow', 'go on with what happens, until Ctrl-C')
    .addOption(
      new Option('--after <number>', 'only greater numbers (default: 0; with --follow only new ones)').argParser(
        wholeNumber,
      ),
    )
    .addOption(new Option('--type <name>', 'only these, such as job.completed; may be repeated').argParser(eventName))
    .option('--job <id>', 'only those of this job')
    .option('--customer <id>', 'only those of this customer')
    .option('--import <id>', 'only those of this import')
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText(
      'after',
      examples(
        ['events --follow', 'as they happen; connects again by itself, without a gap'],
        ['events --follow --type job.failed --json', 'one JSON document a line, for a program'],
        ['events --after 1200 --limit 10', 'ten from a place on'],
      ),
    )
    .action(async (options, self) => {
      const { follow, after, type, job: jobId, customer: customerId, import: importId, limit, all } = options;
      const session = await open(self);
      const { events } = session.client;
      const { signal } = session;
      const from = after ?? (follow ? await events.newest({ signal }) : 0);
      const filter = { type, jobId, customerId, importId, after: from };
      const source = follow ? events.follow(filter, { signal }) : events.list(filter, { signal });
      await showEvents(session, source, { limit, all, follow });
    });
}

async function showEvents({ out }: Session, events: AsyncIterable<CloudEvent>, { limit, all, follow }: Wish) {
  let count = 0;
  for await (const event of events) {
    if (count === limit && !all && !follow) {
      out.note('There are more: --after with the last number goes on, --all shows them.');
      return;
    }
    out.result(event, () => eventText(event, out.paint));
    count += 1;
  }
  if (count === 0) out.note('There are none.');
}
