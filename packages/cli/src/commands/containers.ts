import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { CONTAINER_STATES, type ContainerAnswer, type StrandedSeat } from '@qvara/contracts/containers';
import { each } from '../each.ts';
import { type Column, Painted } from '../output.ts';
import { paintState } from '../paint.ts';
import type { Open } from '../session.ts';
import { examples } from './examples.ts';
import { allOption, limitOption, pageLimit, showList, wholeNumber } from './listing.ts';

const CONTAINERS: readonly Column<ContainerAnswer>[] = [
  ['id', ({ id }) => id],
  ['label', ({ label }) => label],
  ['region', ({ region }) => region],
  ['state', ({ state }, paint) => new Painted(paintState(paint, state))],
  ['capacity', ({ capacity }) => capacity],
  ['taken', ({ seats }) => seats],
  ['resting', ({ quarantined }) => quarantined],
  ['head-room', ({ headRoom }) => headRoom],
  ['not asked until', ({ breaker }) => breaker.openUntil],
];
const STRANDED: readonly Column<StrandedSeat>[] = [
  ['container', ({ containerId }) => containerId],
  ['number', ({ number }) => number],
  ['customer', ({ customerId }) => customerId],
  ['job', ({ jobId }) => jobId],
  ['since', ({ since }) => since],
];

/** `qvara containers`, `qvara stranded`: where customers live. */
export function addContainers(program: CommandUnknownOpts, open: Open): void {
  const containers = program.command('containers').description('The containers that customers live in');

  containers
    .command('list')
    .description('List containers with their head-room')
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples(['containers list --all', 'with their head-room']))
    .action(async (wish, self) => {
      const session = await open(self);
      const rows = session.client.containers.list({ limit: pageLimit(wish) }, { signal: session.signal });
      await showList(session, rows, { ...wish, shape: CONTAINERS });
    });

  containers
    .command('add')
    .description('Add a container: it is online and empty')
    .requiredOption('--label <text>', 'what people call it')
    .requiredOption('--region <code>', 'such as us-west')
    .addOption(new Option('--capacity <seats>', '1 to 999').argParser(wholeNumber).makeOptionMandatory())
    .option('--id <id>', 'six digits (default: the lowest that is free)')
    .addHelpText('after', examples(['containers add --label "West 4" --region us-west --capacity 400', 'room for 400']))
    .action(async ({ label, region, capacity, id }, self) => {
      const { client, out, signal } = await open(self);
      const container = await client.containers.add({ label, region, capacity, id }, { signal });
      await out.rows(each([container]), CONTAINERS);
    });

  addChange(containers, open);
  addStranded(program, open);
}

function addChange(containers: CommandUnknownOpts, open: Open): void {
  containers
    .command('change')
    .description('Drain a container, put it online or offline, change its label or capacity')
    .argument('<id>', 'six digits')
    .addOption(new Option('--state <state>', 'draining: no new customers').choices(CONTAINER_STATES))
    .option('--label <text>', 'what people call it')
    .addOption(new Option('--capacity <seats>', '1 to 999').argParser(wholeNumber))
    .addHelpText(
      'after',
      examples(
        ['containers change 100001 --state draining', 'no new customers; those it has stay'],
        ['containers change 100001 --state online --capacity 900', 'jobs held for capacity that now fit go on'],
      ),
    )
    .action(async (id, change, self) => {
      const { client, out, signal } = await open(self);
      const { state, label, capacity } = change;
      const container = await client.containers.change(id, { state, label, capacity }, { signal });
      await out.rows(each([container]), CONTAINERS);
    });
}

function addStranded(program: CommandUnknownOpts, open: Open): void {
  program
    .command('stranded')
    .description('List seats that an undo or a disconnection could not give back')
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples(['stranded', 'then: qvara jobs retry <job>']))
    .action(async (wish, self) => {
      const session = await open(self);
      const rows = session.client.stranded.list({ limit: pageLimit(wish) }, { signal: session.signal });
      await showList(session, rows, { ...wish, shape: STRANDED });
    });
}
