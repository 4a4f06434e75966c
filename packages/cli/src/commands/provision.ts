import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { SETTING_GROUPS } from '@qvara/contracts/settings';
import type { Open } from '../session.ts';
import { settingOptions, settingsFrom } from '../setting-options.ts';
import { examples } from './examples.ts';
import { posting, postJob } from './posting.ts';

/** `qvara provision`: sets a customer up. */
export function addProvision(program: CommandUnknownOpts, open: Open): void {
  const settings = settingOptions(SETTING_GROUPS, true);
  const bare = program
    .command('provision')
    .description('Set up a customer: container, tenant, settings, site')
    .requiredOption('--name <name>', "the customer's name")
    .requiredOption('--service-type <code>', 'such as hosted-pbx; see: qvara reference list service-types')
    .requiredOption('--industry <code>', 'such as dental; see: qvara reference list industries')
    .option('--ref <reference>', 'your own reference for the customer, unique among your living ones')
    .option('--tag <tag...>', 'a label; may be repeated')
    .option('--time-zone <zone>', 'such as America/Los_Angeles')
    .option('--dialing-country <code>', 'ISO 3166 alpha-2, such as US')
    .option('--region <code>', 'place it in this region only')
    .option('--site <name>', 'the name of its first site');
  for (const { option } of settings) bare.addOption(option);
  posting(bare)
    .addHelpText(
      'after',
      examples(
        [
          'provision --name "ABC Dental" --service-type hosted-pbx --industry dental --ref crm-42',
          'and wait for its end',
        ],
        [
          'provision --name "ABC Dental" --service-type hosted-pbx --industry dental --retention-voicemail 365 --dry-run',
          'what it would do and cost',
        ],
      ),
    )
    .action(async (options, self) => {
      const { name, serviceType, industry, ref, tag, timeZone, dialingCountry, region, site } = options;
      const payload = {
        name,
        serviceType,
        industry,
        externalRef: ref,
        tags: tag,
        timeZone,
        dialingCountry,
        region,
        ...(site !== undefined && { site: { name: site } }),
        ...settingsFrom(settings, options),
      };
      await postJob(await open(self), { type: 'customer.provision', payload }, options);
    });
}
