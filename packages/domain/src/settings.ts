import { SETTINGS, type Settings, type SettingsChange } from '@qvara/contracts/settings';

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
  return {
    retention: { ...settings.retention, ...change.retention },
    transcription: { ...settings.transcription, ...change.transcription },
  };
}

/** Whether sentiment analysis is asked for without an engine to run on. */
export function lacksEngine(settings: Settings): boolean {
  return settings.transcription.sentimentAnalysis && settings.transcription.engine === 'none';
}
