import type { Ending, Story } from '../story.ts';

/** Lifts a holder's suspension. */
export const resumeCustomer: Story = { result: holdersOf };

/** Who suspends the customer now. */
export function holdersOf({ customer }: Ending) {
  const { version, serviceStatus, suspensions } = customer;
  return { version, serviceStatus, holders: suspensions.map(({ holder }) => holder) };
}
