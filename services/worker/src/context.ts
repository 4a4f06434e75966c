import type { EventDraft } from '@qvara/contracts/events';
import type { Fault } from '@qvara/contracts/failure';
import type { FeeLine } from '@qvara/contracts/job-answer';
import type { Reference } from '@qvara/contracts/reference';
import type { SettingsChange } from '@qvara/contracts/settings';
import type { StepName } from '@qvara/contracts/steps';
import type { Customer } from '@qvara/domain/customer';
import type { Sealer } from '@qvara/runtime/crypto';
import type { SeatView } from '@qvara/store/events';
import type { AdvanceItem, Changes } from '@qvara/store/run-write';
import type { Platform } from './platform-calls.ts';

/** What the steps of this process work with; made once, in main. */
export type Tools = {
  readonly platform: Platform;
  readonly sealer: Sealer;
  readonly reference: () => Promise<Reference>;
  readonly sipDomain: string;
};

/** What one run of a step knows. */
export type StepContext = {
  readonly tools: Tools;
  readonly jobId: string;
  readonly claimNo: number;
  readonly clientId: string;
  readonly byAdmin: boolean;
  readonly payload: Readonly<Record<string, unknown>>;
  /** What this job changes of the customer's settings. */
  readonly settingsChange: SettingsChange;
  /** When the step was started, by the database's clock (RFC 3339): the time of what it does. */
  readonly now: string;
  readonly customer: Customer;
  readonly seat: SeatView | null;
  /** Aborted when the run is to stop, or the step has taken too long. */
  readonly signal: AbortSignal;
};

/** What a step that is done leaves to be written, together with its success. */
export type StepDone = {
  readonly told?: readonly EventDraft[];
  readonly changes?: Changes;
  readonly fees?: readonly FeeLine[];
  /** Instead of doing anything itself, a step may ask the ledger for a seat: it is found in the write itself. */
  readonly place?: AdvanceItem['place'];
};

export type StepAnswer = { readonly ok: true; readonly done: StepDone } | { readonly ok: false; readonly fault: Fault };

/** A step is something that can be done twice, and undone twice. */
export type Step = {
  ensure(context: StepContext): Promise<StepAnswer>;
  /** Takes back what `ensure` may have done, also when that is unknown. Only undoable steps have one. */
  undo?(context: StepContext): Promise<StepAnswer>;
};

export type Steps = Readonly<Record<StepName, Step>>;

/** The answer of a step that is done. */
export function done(answer: StepDone = {}): StepAnswer {
  return { ok: true, done: answer };
}
