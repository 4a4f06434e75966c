import type { JobPayload } from '@qvara/contracts/jobs';
import type { SettingsChange } from '@qvara/contracts/settings';
import { type Story, versionOf } from '../story.ts';

/** Changes data retention periods, for what comes, or for what is kept already as well. */
export const updateRetention: Story<JobPayload<'retention.update'>> = {
  settingsChange: ({ appliesTo: _, ...retention }) => ({ retention }) as SettingsChange,
  result: versionOf,
};
