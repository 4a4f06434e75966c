import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { intoSecretFile } from '../secret-file.ts';
import type { Open } from '../session.ts';
import { WEBHOOK_COLUMNS, webhookText } from '../views/webhook.ts';
import { addDeliveries } from './deliveries.ts';
import { examples } from './examples.ts';
import { allOption, limitOption, pageLimit, showList } from './listing.ts';

const WEBHOOK_ARGUMENT = ['<webhook>', "a webhook's id: whk_ and 26 characters"] as const;
const STATES = ['enabled', 'disabled'] as const;
const ID = 'whk_01k9zv6n3fe8prx2k1w3q4t5y6';

/** `qvara webhooks`: who is told what happens. */
export function addWebhooks(program: CommandUnknownOpts, open: Open): void {
  const webhooks = program.command('webhooks').description('Who is told what happens, by signed requests');

  webhooks
    .command('list')
    .description('List webhooks, the newest first')
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples(['webhooks list', 'and which are disabled']))
    .action(async (wish, self) => {
      const session = await open(self);
      const rows = session.client.webhooks.list({ limit: pageLimit(wish) }, { signal: session.signal });
      await showList(session, rows, { ...wish, shape: WEBHOOK_COLUMNS });
    });

  webhooks
    .command('show')
    .description('Show a webhook, without its secret')
    .argument(...WEBHOOK_ARGUMENT)
    .addHelpText('after', examples([`webhooks show ${ID}`, 'how far it has been told']))
    .action(async (id, _, self) => {
      const { client, out, signal } = await open(self);
      const webhook = await client.webhooks.get(id, { signal });
      out.result(webhook, () => webhookText(webhook, out.paint));
    });

  addMaking(webhooks, open);
  addChanging(webhooks, open);
  addDeliveries(webhooks, open);
}

const secretOption = () =>
  new Option('--secret-to <file>', 'a new file for the secret, which only you can read').makeOptionMandatory();

function addMaking(webhooks: CommandUnknownOpts, open: Open): void {
  webhooks
    .command('add')
    .description('Add a webhook: it is told what happens from now on')
    .argument('<url>', 'where it listens; https and public')
    .option('--type <name...>', 'only these events, such as job.completed; may be repeated')
    .option('--description <text>', 'what it is for')
    .addOption(secretOption())
    .addHelpText(
      'after',
      examples([
        'webhooks add https://hooks.example.com/qvara --type job.completed job.failed --secret-to hook.secret',
        'told of the ends of jobs',
      ]),
    )
    .action(async (url, { type: eventTypes, description, secretTo }, self) => {
      const { client, out, signal } = await open(self);
      const made = await intoSecretFile(secretTo, async () => {
        const { secret, ...shown } = await client.webhooks.add({ url, eventTypes, description }, { signal });
        return { secret, shown };
      });
      out.result(made, () => webhookText(made, out.paint));
      out.note(`The secret is in ${secretTo}, and cannot be shown again.`);
    });

  webhooks
    .command('rotate-secret')
    .description('Give a webhook a new secret; for a day the one before signs too')
    .argument(...WEBHOOK_ARGUMENT)
    .addOption(secretOption())
    .addHelpText('after', examples([`webhooks rotate-secret ${ID} --secret-to new.secret`, 'no delivery is lost']))
    .action(async (id, { secretTo }, self) => {
      const { client, out, signal } = await open(self);
      const made = await intoSecretFile(secretTo, async () => {
        const { secret, ...shown } = await client.webhooks.rotateSecret(id, { signal });
        return { secret, shown };
      });
      out.result(made, () => webhookText(made, out.paint));
      out.note(`The secret is in ${secretTo}, and cannot be shown again.`);
    });
}

function addChanging(webhooks: CommandUnknownOpts, open: Open): void {
  webhooks
    .command('change')
    .description('Change a webhook; enabled again it goes on where it stopped')
    .argument(...WEBHOOK_ARGUMENT)
    .option('--to <url>', 'where it listens')
    .option('--type <name...>', 'only these events; may be repeated')
    .option('--all-types', 'all events')
    .option('--description <text>', 'what it is for')
    .addOption(new Option('--state <state>', 'disabled: it is told nothing').choices(STATES))
    .addHelpText('after', examples([`webhooks change ${ID} --state enabled`, 'what it missed is delivered']))
    .action(async (id, options, self) => {
      const { client, out, signal } = await open(self);
      const { to: url, type, allTypes, description, state } = options;
      const change = { url, eventTypes: allTypes ? null : type, description, state };
      const webhook = await client.webhooks.change(id, change, { signal });
      out.result(webhook, () => webhookText(webhook, out.paint));
    });

  webhooks
    .command('delete')
    .description('Delete a webhook, with what was to be delivered to it')
    .argument(...WEBHOOK_ARGUMENT)
    .addHelpText('after', examples([`webhooks delete ${ID}`, 'for good']))
    .action(async (id, _, self) => {
      const { client, out, signal } = await open(self);
      const webhook = await client.webhooks.delete(id, { signal });
      out.result(webhook, () => webhookText(webhook, out.paint));
    });
}
