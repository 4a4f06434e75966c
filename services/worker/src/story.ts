import type { Customer } from '@qvara/domain/customer';
import type { SeatView } from '@qvara/store/events';

export type Ending = { readonly customer: Customer; readonly seat: SeatView | null };

/** What is particular to a job type; its steps are on the list of jobs, and running them is the same for all. */
export type Story = {
  /** What the job answers when it has completed. */
  readonly result: (ending: Ending) => Readonly<Record<string, unknown>>;
};

/** The result of most jobs: which version of the customer they left. */
export function versionOf({ customer }: Ending): Readonly<Record<string, unknown>> {
  return { version: customer.version };
}
