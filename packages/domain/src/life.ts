import type { Failure } from '@qvara/contracts/failure';
import type { FeeLine, Held, JobState, JobStep } from '@qvara/contracts/job-answer';
import type { JobType } from '@qvara/contracts/jobs';

/** The part of a job that its life changes. Plain data: the ledger stores it, the rules move it. */
export type Job = {
  readonly type: JobType;
  readonly state: JobState;
  readonly phase: 'forward' | 'undo';
  readonly undo: 'complete' | 'incomplete' | null;
  /** The counted try this is: 1 and every counted failure of the phase. */
  readonly attempt: number;
  readonly steps: readonly JobStep[];
  readonly held: Held | null;
  readonly failure: Failure | null;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly fees: readonly FeeLine[];
  readonly cancellable: boolean;
  readonly cancelRequested: boolean;
  /** How often in a row its worker was lost, with no step done between. */
  readonly abandonments: number;
  /** RFC 3339; not to be run before. */
  readonly dueAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** When it first began since it was accepted, or retried last: the time it takes is measured from there. */
  readonly begunAt: string | null;
  /** When it was told to be late. */
  readonly lateAt: string | null;
};
