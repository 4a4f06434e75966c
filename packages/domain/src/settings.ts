import type { JobType } from '@qvara/contracts/jobs';
import { SETTING_GROUPS, SETTINGS, type Settings, type SettingsChange } from '@qvara/contracts/settings';

/** Every setting at its default. */
export function defaultSettings(): Settings {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const setting of Object.values(SETTINGS)) {
    groups[setting.group] = { ...groups[setting.group], [setting.field]: setting.default };
  }
  return groups as Settings;
}

/** The settings after a change: what is not named stays. */
export function mergeSettings(settings: Settings, change: SettingsChange): Settings {
  const merged = SETTING_GROUPS.map((group) => [group, { ...settings[group], ...change[group] }]);
  return Object.fromEntries(merged) as Settings;
}

/** Settings as they were stored, with the defaults of those that were added since, in the order of the list. */
export function wholeSettings(stored: SettingsChange): Settings {
  return mergeSettings(defaultSettings(), stored);
}

/** What a job changes of its customer's settings: what an update says, and all of a type named after a group of them. */
export function settingsChangeOf(type: JobType, payload: object): SettingsChange {
  if (type === 'customer.update') return pick(payload, SETTING_GROUPS);
  const group = SETTING_GROUPS.find((name) => type === `${name}.update`);
  if (group === undefined) return {};
  const fields = Object.values(SETTINGS).flatMap((setting) => (setting.group === group ? [setting.field] : []));
  return { [group]: pick(payload, fields) };
}

function pick(from: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}

/** The groups in which two states of the settings differ. */
export function changedGroups(before: Settings, after: Settings): string[] {
  return SETTING_GROUPS.filter((group) => JSON.stringify(before[group]) !== JSON.stringify(after[group]));
}

/** Whether sentiment analysis is asked for without an engine to run on. */
export function lacksEngine(settings: Settings): boolean {
  return settings.transcription.sentimentAnalysis && settings.transcription.engine === 'none';
}
