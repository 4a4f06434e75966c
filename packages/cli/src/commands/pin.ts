import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Open } from '../session.ts';
import { examples } from './examples.ts';
import { CUSTOMER_ARGUMENT, expectedVersionOption, posting, postJob, targetOf } from './posting.ts';

/** `qvara pin`: the porting PIN. */
export function addPin(program: CommandUnknownOpts, open: Open): void {
  const pin = program.command('pin').description('The porting PIN of a customer');

  posting(
    pin
      .command('generate')
      .description('Generate a new PIN; the one before is no longer valid')
      .argument(...CUSTOMER_ARGUMENT)
      .addOption(expectedVersionOption()),
  )
    .addHelpText('after', examples(['pin generate ref:crm-42', 'it is not shown; see: qvara pin reveal']))
    .action(async (name, options, self) => {
      const { expectedVersion } = options;
      const request = { type: 'porting-pin.generate', ...targetOf(name), expectedVersion } as const;
      await postJob(await open(self), request, options);
    });

  pin
    .command('reveal')
    .description('Show the PIN in full; who asked is audited and told as an event')
    .argument(...CUSTOMER_ARGUMENT)
    .addHelpText('after', examples(['pin reveal ref:crm-42', 'needs the scope pins:reveal']))
    .action(async (name, _, self) => {
      const { client, out, signal } = await open(self);
      const answer = await client.customers.revealPortingPin(name, { signal });
      out.result(answer, () => answer.portingPin);
    });
}
