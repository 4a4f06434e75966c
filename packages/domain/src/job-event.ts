import type { EventDraft } from '@qvara/contracts/events';
import type { Failure } from '@qvara/contracts/failure';
import type { FeeLine } from '@qvara/contracts/job-answer';
import type { StepName } from '@qvara/contracts/steps';
import type { Job } from './life.ts';
import type { Cause } from './retry.ts';

type Told = { readonly told: readonly EventDraft[] };

/** What may happen to a job. */
export type JobEvent =
  | { readonly type: 'claimed' }
  | { readonly type: 'step-started'; readonly step: StepName }
  | ({ readonly type: 'step-succeeded'; readonly step: StepName; readonly fees?: readonly FeeLine[] } & Told)
  | { readonly type: 'step-failed'; readonly step: StepName; readonly failure: Cause }
  | { readonly type: 'waited'; readonly delayMs: number; readonly counted: boolean; readonly failure: Cause }
  | { readonly type: 'held'; readonly detail: string }
  | { readonly type: 'woken' }
  | { readonly type: 'gave-up'; readonly failure: Cause }
  | { readonly type: 'undo-started'; readonly step: StepName }
  | ({ readonly type: 'undone'; readonly step: StepName } & Told)
  | { readonly type: 'undo-finished' }
  | { readonly type: 'undo-gave-up'; readonly failure: Cause }
  | { readonly type: 'completed'; readonly result: Readonly<Record<string, unknown>> }
  | { readonly type: 'cancel-requested' }
  | { readonly type: 'retried' }
  | { readonly type: 'released' }
  | { readonly type: 'abandoned' }
  | { readonly type: 'late'; readonly p99Ms: number };

export type JobEventType = JobEvent['type'];

type Dated<E> = E extends { readonly failure: Cause } ? Omit<E, 'failure'> & { readonly failure: Failure } : E;

/** An event once it has happened: its failure bears the time. */
export type DatedEvent = Dated<JobEvent>;

/** One event of a type, with what it carries. */
export type Happened<T extends JobEventType> = Extract<DatedEvent, { readonly type: T }>;

/** A job as an event leaves it, and what the world is told. */
export type Transition = Told & { readonly job: Job };
