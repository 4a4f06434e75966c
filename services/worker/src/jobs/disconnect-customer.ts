import { type Story, versionOf } from '../story.ts';

/** Takes a customer down and frees its seat; its tenant number rests before it is given out again. */
export const disconnectCustomer: Story = { result: versionOf };
