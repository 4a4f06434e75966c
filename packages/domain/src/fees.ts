import type { FeeLine } from '@qvara/contracts/job-answer';
import type { Reference } from '@qvara/contracts/reference';
import { SETTINGS, type SettingName, type Settings } from '@qvara/contracts/settings';

/**
 * The fees a change of settings incurs: a retention period raised beyond the included days, or a paid feature switched
 * on. `before` is null for a new customer. A setting that cost its fee already incurs nothing again: fees are flat.
 */
export function feesOf(
  before: Settings | null,
  after: Settings,
  reference: Pick<Reference, 'fees' | 'retention-choices'>,
): readonly FeeLine[] {
  const included = Math.max(
    0,
    ...reference['retention-choices'].filter((choice) => choice.included).map((choice) => Number(choice.code)),
  );
  return (Object.keys(SETTINGS) as SettingName[]).flatMap((name) => {
    const fee = reference.fees.find((entry) => entry.active && entry.code === SETTINGS[name].fee);
    const costs = (settings: Settings) => isCostly(settingOf(settings, name), included);
    if (fee === undefined || !costs(after) || (before !== null && costs(before))) return [];
    return [
      { code: fee.code, setting: name, amountMinor: fee.amountMinor, currency: fee.currency, per: 'month' as const },
    ];
  });
}

function settingOf(settings: Settings, name: SettingName): unknown {
  const { group, field } = SETTINGS[name];
  return (settings[group] as Record<string, unknown>)[field];
}

function isCostly(value: unknown, included: number): boolean {
  return typeof value === 'number' ? value > included : value === true;
}
