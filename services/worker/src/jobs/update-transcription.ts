import type { JobPayload } from '@qvara/contracts/jobs';
import type { SettingsChange } from '@qvara/contracts/settings';
import { type Story, versionOf } from '../story.ts';

/** Changes call transcription. */
export const updateTranscription: Story<JobPayload<'transcription.update'>> = {
  settingsChange: (transcription) => ({ transcription }) as SettingsChange,
  result: versionOf,
};
