import type { Story } from '../story.ts';

/** Gives a customer a new porting PIN. The PIN itself is only told by an explicit, audited call. */
export const generatePortingPin: Story = {
  result: ({ customer }) => ({ version: customer.version, generatedAt: customer.portingPinAt }),
};
