import type { Story } from '../story.ts';
import { holdersOf } from './resume-customer.ts';

/** Suspends a customer for a holder. */
export const suspendCustomer: Story = { result: holdersOf };
