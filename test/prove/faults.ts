import type { BackendName } from '../support/stack.ts';
import { CONNECTION_FAULTS } from './connection-faults.ts';
import type { Fault } from './fault.ts';
import { LEDGER_FAULTS } from './ledger-faults.ts';
import { PLATFORM_FAULTS } from './platform-faults.ts';
import { PROCESS_FAULTS } from './process-faults.ts';
import { SERVER_FAULTS } from './server-faults.ts';
import { WEBHOOK_FAULTS } from './webhook-faults.ts';
import { ZOMBIE_FAULTS } from './zombie-faults.ts';

/** THE list of faults. A new one is an entry of the list it belongs to. */
const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...ZOMBIE_FAULTS,
  ...SERVER_FAULTS,
  ...CONNECTION_FAULTS,
  ...PLATFORM_FAULTS,
  ...LEDGER_FAULTS,
  ...WEBHOOK_FAULTS,
];

/** Those that mean something on a backend. */
export function faultsOf(backend: BackendName): readonly Fault[] {
  return FAULTS.filter(({ backends }) => backends.includes(backend));
}
