import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { DELIVERY_STATES } from '@qvara/contracts/webhooks';
import { UsageError } from '../exit-status.ts';
import type { Open } from '../session.ts';
import { DELIVERY_COLUMNS, deliveryText, testText } from '../views/webhook.ts';
import { examples } from './examples.ts';
import { allOption, limitOption, pageLimit, showList, wholeNumber } from './listing.ts';

const WEBHOOK_ARGUMENT = ['<webhook>', "a webhook's id: whk_ and 26 characters"] as const;
const ID = 'whk_01k9zv6n3fe8prx2k1w3q4t5y6';

/** `qvara webhooks deliveries|test|replay|redeliver`: what is delivered, and again. */
export function addDeliveries(webhooks: CommandUnknownOpts, open: Open): void {
  webhooks
    .command('deliveries')
    .description('List what was and is to be delivered, the newest first')
    .argument(...WEBHOOK_ARGUMENT)
    .addOption(new Option('--state <state>', 'only these').choices(DELIVERY_STATES))
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples([`webhooks deliveries ${ID} --state failed`, 'what was given up']))
    .action(async (id, { state, ...wish }, self) => {
      const session = await open(self);
      const { client, signal } = session;
      const rows = client.webhooks.deliveries(id).list({ state, limit: pageLimit(wish) }, { signal });
      await showList(session, rows, { ...wish, shape: DELIVERY_COLUMNS });
    });

  webhooks
    .command('test')
    .description('Send a test event at once, and tell what came back')
    .argument(...WEBHOOK_ARGUMENT)
    .addHelpText('after', examples([`webhooks test ${ID}`, 'exit status 1 when it was not taken']))
    .action(async (id, _, self) => {
      const { client, out, signal, endBadly } = await open(self);
      const answer = await client.webhooks.test(id, { signal });
      out.result(answer, () => testText(answer, out.paint));
      if (!answer.delivered) endBadly();
    });

  addAgain(webhooks, open);
}

function addAgain(webhooks: CommandUnknownOpts, open: Open): void {
  webhooks
    .command('replay')
    .description('Deliver once more what happened after a number')
    .argument(...WEBHOOK_ARGUMENT)
    .addOption(new Option('--after <number>', 'greater numbers only').argParser(wholeNumber).makeOptionMandatory())
    .addHelpText('after', examples([`webhooks replay ${ID} --after 1200`, 'marked as a replay, with the same ids']))
    .action(async (id, { after }, self) => {
      const { client, out, signal } = await open(self);
      const answer = await client.webhooks.replay(id, after, { signal });
      out.result(answer, () => `Events ${answer.after + 1} to ${answer.until} are delivered once more.`);
    });

  webhooks
    .command('redeliver')
    .description('Deliver one again, or what failed since a time')
    .argument('<id>', "a delivery's id (dlv_...), or with --since a webhook's (whk_...)")
    .option('--since <time>', 'RFC 3339, such as 2026-11-23T00:00:00Z')
    .addHelpText(
      'after',
      examples(
        ['webhooks redeliver dlv_01k9zv6n3fe8prx2k1w3q4t5y6', 'one delivery'],
        [`webhooks redeliver ${ID} --since 2026-11-23T00:00:00Z`, 'all that failed since'],
      ),
    )
    .action(async (id, { since }, self) => {
      const { client, out, signal } = await open(self);
      if (since === undefined) {
        if (id.startsWith('whk_')) throw new UsageError('Of a webhook, --since names the time from which on.');
        const delivery = await client.webhooks.redeliver(id, { signal });
        out.result(delivery, () => deliveryText(delivery, out.paint));
        return;
      }
      const deliveries = await client.webhooks.redeliverFailed(id, since, { signal });
      out.result({ deliveries }, () => `${deliveries} are delivered again.`);
    });
}
