import type { Fault } from '@qvara/contracts/failure';
import type { AcceptItem } from './accept-item.ts';
import type { Claim } from './claim.ts';
import type { WorkerRef } from './workers.ts';

/** A row of an import on its way to become a job. `token` is new for every wish: the same one asked twice is one job. */
export type RowItem = {
  readonly importId: string;
  readonly chunkNo: number;
  readonly rowNo: number;
  readonly accept: AcceptItem;
  readonly token: string;
  /** Who runs the job, if it can run at once. */
  readonly worker: WorkerRef;
};

export type RowAnswer =
  /** Accepted and claimed. */
  | { readonly outcome: 'begun'; readonly claim: Claim }
  /** Accepted; it is rung when its turn comes, or head-room. */
  | { readonly outcome: 'queued' }
  /** Nothing was accepted: the row stays as it is, and should not have come to this. */
  | { readonly outcome: 'refused'; readonly fault: Fault }
  /** Nothing was accepted: the row is somebody else's now, or its import stands still. */
  | { readonly outcome: 'passed-over' };
