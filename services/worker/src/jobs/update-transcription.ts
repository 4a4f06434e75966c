import { type Story, versionOf } from '../story.ts';

/** Changes call transcription. */
export const updateTranscription: Story = {
  result: versionOf,
};
