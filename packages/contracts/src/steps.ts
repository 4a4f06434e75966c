/** What a step acts on: the container's seats, the tenant on the platform, or the customer's record. */
export type StepScope = 'container' | 'tenant' | 'customer';

type StepDefinition = {
  readonly scope: StepScope;
  /** Whether a job that gives up, or is cancelled, has something to take back once this step started. */
  readonly undoable: boolean;
  /** A job cannot be cancelled any more from the write that starts this step. */
  readonly pointOfNoReturn?: true;
  /** Asks the ledger alone, and for nothing of what the step before it leaves: both are written at once. */
  readonly withTheOneBefore?: true;
  /** Once it has begun, a job that gives up cannot say whether the seat has a tenant still. */
  readonly endsTenant?: true;
};

/** THE step list. */
export const STEPS = {
  'reserve-seat': { scope: 'container', undoable: true },
  'create-tenant': { scope: 'tenant', undoable: true },
  'apply-settings': { scope: 'tenant', undoable: false },
  'create-site': { scope: 'customer', undoable: true, withTheOneBefore: true },
  'verify-tenant': { scope: 'tenant', undoable: false },
  'activate-tenant': { scope: 'tenant', undoable: true, pointOfNoReturn: true },
  'update-customer': { scope: 'customer', undoable: false },
  'generate-porting-pin': { scope: 'customer', undoable: false },
  'suspend-tenant': { scope: 'tenant', undoable: false },
  'resume-tenant': { scope: 'tenant', undoable: false },
  'deactivate-tenant': { scope: 'tenant', undoable: false },
  'remove-site': { scope: 'customer', undoable: false, withTheOneBefore: true },
  'remove-tenant': { scope: 'tenant', undoable: false, endsTenant: true },
  'release-seat': { scope: 'container', undoable: false },
} as const satisfies Record<string, StepDefinition>;

export type StepName = keyof typeof STEPS;
export const STEP_NAMES = Object.keys(STEPS) as [StepName, ...StepName[]];
export const STEP_STATES = ['pending', 'running', 'succeeded', 'failed', 'undoing', 'undone'] as const;
export type StepState = (typeof STEP_STATES)[number];

/** The definition of a step, with its optional properties. */
export function stepDefinition(name: StepName): StepDefinition {
  return STEPS[name];
}
