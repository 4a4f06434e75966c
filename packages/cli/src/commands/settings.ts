import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { type JobRequest, retentionPayload } from '@qvara/contracts/jobs';
import { SETTING_GROUPS, type SettingGroup } from '@qvara/contracts/settings';
import type { Open } from '../session.ts';
import { settingOptions, settingsFrom } from '../setting-options.ts';
import { examples } from './examples.ts';
import { CUSTOMER_ARGUMENT, expectedVersionOption, posting, postJob, targetOf } from './posting.ts';

const EXAMPLES: Readonly<Record<SettingGroup, readonly [typed: string, purpose: string][]>> = {
  retention: [
    ['retention ref:crm-42 --voicemail 365 --dry-run', 'what a year of voicemail would cost'],
    ['retention ref:crm-42 --fax 30 --sms 30 --applies-to retroactive', 'also for what is kept already'],
  ],
  transcription: [['transcription ref:crm-42 --engine standard --sentiment-analysis on', 'both at once']],
};
const APPLIES_TO = retentionPayload.shape.appliesTo.unwrap().options;

/** `qvara retention`, `qvara transcription`: a command for each group of settings. */
export function addSettings(program: CommandUnknownOpts, open: Open): void {
  for (const group of SETTING_GROUPS) addGroup(program, open, group);
}

function addGroup(program: CommandUnknownOpts, open: Open, group: SettingGroup): void {
  const settings = settingOptions([group], false);
  const bare = program
    .command(group)
    .description(`Change the ${group} settings of a customer`)
    .argument(...CUSTOMER_ARGUMENT);
  for (const { option } of settings) bare.addOption(option);
  if (group === 'retention') {
    bare.addOption(new Option('--applies-to <which>', 'what it is for (default: prospective)').choices(APPLIES_TO));
  }
  const command = posting(bare.addOption(expectedVersionOption()));
  command.addHelpText('after', examples(...EXAMPLES[group])).action(async (name, options, self) => {
    const { appliesTo } = options as { appliesTo?: (typeof APPLIES_TO)[number] };
    const request = {
      type: `${group}.update`,
      ...targetOf(name),
      expectedVersion: options.expectedVersion,
      payload: { ...settingsFrom(settings, options)[group], ...(appliesTo && { appliesTo }) },
    } as JobRequest;
    await postJob(await open(self), request, options);
  });
}
