import type { Reference } from '@qvara/contracts/reference';
import type { Ledger } from '@qvara/store/orm';
import { createReferenceReader } from '@qvara/store/reference';

/** The reference data that requests are checked against: at most a few seconds old. */
export type ReferenceSource = {
  read(): Promise<Reference>;
  /** Forgets what was read: it has just been changed here. */
  refresh(): void;
};

/** Opens the reference data of a ledger. */
export function createReferenceSource(ledger: Ledger): ReferenceSource {
  let read = createReferenceReader(ledger);
  return {
    read: () => read(),
    refresh() {
      read = createReferenceReader(ledger);
    },
  };
}
