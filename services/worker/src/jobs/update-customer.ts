import { type Story, versionOf } from '../story.ts';

/** Changes a customer's record; a time zone or dialing country also reaches the tenant. */
export const updateCustomer: Story = { result: versionOf };
