import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { SERVICE_STATUSES } from '@qvara/contracts/customers';
import type { Open } from '../session.ts';
import { CUSTOMER_COLUMNS, customerText } from '../views/customer.ts';
import { examples } from './examples.ts';
import { allOption, limitOption, pageLimit, showList } from './listing.ts';
import { CUSTOMER_ARGUMENT, expectedVersionOption, posting, postJob, targetOf } from './posting.ts';

const CLEARABLE = ['time-zone', 'dialing-country', 'tags'] as const;
const CLEARED = {
  'time-zone': { timeZone: null },
  'dialing-country': { dialingCountry: null },
  tags: { tags: [] },
} as const;

/** `qvara customers`: read, changed, suspended, disconnected. */
export function addCustomers(program: CommandUnknownOpts, open: Open): void {
  const customers = program.command('customers').description('Customers, and what changes them');

  customers
    .command('list')
    .description('List customers, the newest first')
    .addOption(new Option('--status <status>', 'only these').choices(SERVICE_STATUSES))
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples(['customers list --status suspended --all --json', 'every suspended customer']))
    .action(async ({ status, ...wish }, self) => {
      const session = await open(self);
      const { client, signal } = session;
      const rows = client.customers.list({ serviceStatus: status, limit: pageLimit(wish) }, { signal });
      await showList(session, rows, { ...wish, shape: CUSTOMER_COLUMNS });
    });

  customers
    .command('show')
    .description('Show a customer with container, tenant and settings')
    .argument(...CUSTOMER_ARGUMENT)
    .addHelpText('after', examples(['customers show ref:crm-42', 'by its reference']))
    .action(async (name, _, self) => {
      const { client, out, signal } = await open(self);
      const customer = await client.customers.get(name, { signal });
      out.result(customer, () => customerText(customer, out.paint));
    });

  addUpdate(customers, open);
  addService(customers, open);
}

function addUpdate(customers: CommandUnknownOpts, open: Open): void {
  posting(
    customers
      .command('update')
      .description('Change the fields of a customer')
      .argument(...CUSTOMER_ARGUMENT)
      .option('--name <name>', 'its name')
      .option('--service-type <code>', 'such as hosted-pbx')
      .option('--industry <code>', 'such as dental')
      .option('--tag <tag...>', 'a label; may be repeated, and all labels are replaced')
      .option('--time-zone <zone>', 'such as America/Los_Angeles')
      .option('--dialing-country <code>', 'ISO 3166 alpha-2, such as US')
      .addOption(new Option('--clear <field...>', 'take this away').choices(CLEARABLE))
      .addOption(expectedVersionOption()),
  )
    .addHelpText(
      'after',
      examples(
        ['customers update ref:crm-42 --name "ABC Dental Group" --tag west --tag vip', 'a name and both labels'],
        ['customers update ref:crm-42 --clear time-zone --expected-version 3', 'only if nobody has changed it since'],
      ),
    )
    .action(async (name, options, self) => {
      const { tag: tags, clear = [], expectedVersion, ...rest } = options;
      const { name: newName, serviceType, industry, timeZone, dialingCountry } = rest;
      const fields = { name: newName, serviceType, industry, tags, timeZone, dialingCountry };
      const payload = Object.assign({}, fields, ...clear.map((field) => CLEARED[field])) as typeof fields;
      const request = { type: 'customer.update', ...targetOf(name), expectedVersion, payload } as const;
      await postJob(await open(self), request, options);
    });
}

function addService(customers: CommandUnknownOpts, open: Open): void {
  const holder = () => new Option('--holder <code>', 'who suspends, such as billing or fraud').makeOptionMandatory();

  posting(
    customers
      .command('suspend')
      .description('Take service away, for a holder; emergency calls go on')
      .argument(...CUSTOMER_ARGUMENT)
      .addOption(holder())
      .requiredOption('--reason <text>', 'why')
      .addOption(expectedVersionOption()),
  )
    .addHelpText(
      'after',
      examples([
        'customers suspend ref:crm-42 --holder billing --reason "unpaid since May"',
        'several may hold at once',
      ]),
    )
    .action(async (name, options, self) => {
      const { holder, reason, expectedVersion } = options;
      const payload = { holder, reason };
      const request = { type: 'customer.suspend', ...targetOf(name), expectedVersion, payload } as const;
      await postJob(await open(self), request, options);
    });

  posting(
    customers
      .command('resume')
      .description('Lift the suspension of a holder; service returns when the last one lifts')
      .argument(...CUSTOMER_ARGUMENT)
      .addOption(holder())
      .option('--reason <text>', 'why')
      .addOption(expectedVersionOption()),
  )
    .addHelpText('after', examples(['customers resume ref:crm-42 --holder billing', 'it has paid']))
    .action(async (name, options, self) => {
      const { holder, reason, expectedVersion } = options;
      const payload = { holder, reason };
      const request = { type: 'customer.resume', ...targetOf(name), expectedVersion, payload } as const;
      await postJob(await open(self), request, options);
    });

  posting(
    customers
      .command('disconnect')
      .description('Take a customer down for good; its number rests before it is given out again')
      .argument(...CUSTOMER_ARGUMENT)
      .requiredOption('--reason <text>', 'why')
      .addOption(expectedVersionOption()),
  )
    .addHelpText(
      'after',
      examples(['customers disconnect ref:crm-42 --reason "moved to another provider"', 'for good']),
    )
    .action(async (name, options, self) => {
      const { reason, expectedVersion } = options;
      const request = { type: 'customer.disconnect', ...targetOf(name), expectedVersion, payload: { reason } } as const;
      await postJob(await open(self), request, options);
    });
}
