import { type Story, versionOf } from '../story.ts';

/** Changes data retention periods, for what comes, or for what is kept already as well. */
export const updateRetention: Story = {
  result: versionOf,
};
