import { z } from 'zod';
import { code } from './text.ts';

/** Reference lists that a setting's values come from. */
export type SettingSource = 'retention-choices' | 'engines';

type Setting = {
  readonly group: 'retention' | 'transcription';
  readonly field: string;
  readonly label: string;
  readonly schema: z.ZodType<number | string | boolean>;
  readonly default: number | string | boolean;
  /** The reference list that names the values allowed, when there is one. */
  readonly source: SettingSource | null;
  /** The fee code this setting may incur. */
  readonly fee: string | null;
};

const days = z
  .int()
  .min(1)
  .max(36_500)
  .meta({ description: 'Days; one of the retention choices of the reference data' });

/** THE settings list. A new setting is one entry here: requests, answers, defaults, fees and documents derive from it. */
export const SETTINGS = {
  'retention.fax': {
    group: 'retention',
    field: 'fax',
    label: 'Digital faxes',
    schema: days,
    default: 90,
    source: 'retention-choices',
    fee: 'retention-fax',
  },
  'retention.callRecording': {
    group: 'retention',
    field: 'callRecording',
    label: 'Call recordings',
    schema: days,
    default: 90,
    source: 'retention-choices',
    fee: 'retention-call-recording',
  },
  'retention.voicemail': {
    group: 'retention',
    field: 'voicemail',
    label: 'Voicemail messages',
    schema: days,
    default: 90,
    source: 'retention-choices',
    fee: 'retention-voicemail',
  },
  'retention.sms': {
    group: 'retention',
    field: 'sms',
    label: 'SMS messages',
    schema: days,
    default: 90,
    source: 'retention-choices',
    fee: 'retention-sms',
  },
  'transcription.engine': {
    group: 'transcription',
    field: 'engine',
    label: 'Call transcription engine',
    schema: code,
    default: 'none',
    source: 'engines',
    fee: null,
  },
  'transcription.sentimentAnalysis': {
    group: 'transcription',
    field: 'sentimentAnalysis',
    label: 'Sentiment analysis',
    schema: z.boolean(),
    default: false,
    source: null,
    fee: 'sentiment-analysis',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type SettingGroup = (typeof SETTINGS)[SettingName]['group'];
/** The groups that settings come in, each once. */
export const SETTING_GROUPS: readonly SettingGroup[] = [...new Set(Object.values(SETTINGS).map(({ group }) => group))];

type InGroup<G extends SettingGroup> = Extract<(typeof SETTINGS)[SettingName], { group: G }>;
type GroupShape<G extends SettingGroup> = { [S in InGroup<G> as S['field']]: S['schema'] };

function groupShape<G extends SettingGroup>(group: G): GroupShape<G> {
  const entries = Object.values(SETTINGS).filter((setting) => setting.group === group);
  return Object.fromEntries(
    entries.map((s) => [s.field, s.schema.meta({ title: s.label, example: s.default })]),
  ) as unknown as GroupShape<G>;
}

/** All retention periods of a customer, in days. */
export const retention = z.strictObject(groupShape('retention'));
/** A customer's transcription settings. */
export const transcription = z.strictObject(groupShape('transcription'));
/** Every setting of a customer. */
export const settings = z.strictObject({ retention, transcription });

export type Settings = z.infer<typeof settings>;
export type SettingsChange = {
  retention?: Partial<Settings['retention']>;
  transcription?: Partial<Settings['transcription']>;
};
