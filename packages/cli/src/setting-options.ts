import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { SETTINGS, type SettingGroup, type SettingsChange } from '@qvara/contracts/settings';
import { wholeNumber } from './commands/listing.ts';

type Setting = (typeof SETTINGS)[keyof typeof SETTINGS];
/** An option that stands for a setting. */
export type SettingOption = { readonly setting: Setting; readonly option: Option };

/** The options for the settings of these groups, from THE list; with a prefix, group and field name the option. */
export function settingOptions(groups: readonly SettingGroup[], prefixed: boolean): SettingOption[] {
  return Object.values(SETTINGS)
    .filter(({ group }) => groups.includes(group))
    .map((setting) => ({ setting, option: optionOf(setting, prefixed) }));
}

/** The settings that were given, by group. */
export function settingsFrom(
  options: readonly SettingOption[],
  given: Readonly<Record<string, unknown>>,
): SettingsChange {
  const change: Record<string, Record<string, unknown>> = {};
  for (const { setting, option } of options) {
    const value = given[option.attributeName()];
    if (value === undefined) continue;
    change[setting.group] = { ...change[setting.group], [setting.field]: value };
  }
  return change as SettingsChange;
}

function optionOf({ group, field, label, default: usual, source }: Setting, prefixed: boolean): Option {
  const name = kebab(prefixed ? `${group}-${field}` : field);
  const list = source === null ? '' : `, one of the ${source} of the reference data`;
  switch (typeof usual) {
    case 'number':
      return new Option(`--${name} <days>`, `${label}: days${list}`).argParser(wholeNumber);
    case 'boolean':
      return new Option(`--${name} <on|off>`, label).argParser(onOrOff);
    default:
      return new Option(`--${name} <code>`, `${label}${list}`);
  }
}

/** A yes or no on a command line. */
export function onOrOff(text: string): boolean {
  if (text === 'on') return true;
  if (text === 'off') return false;
  throw new InvalidArgumentError('It must be on or off.');
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
