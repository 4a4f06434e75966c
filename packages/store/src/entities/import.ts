import type {
  ImportMode,
  ImportState,
  PauseReason,
  RowAttempt,
  RowError,
  RowState,
  RowVerdict,
} from '@qvara/contracts/imports';
import type { JobType } from '@qvara/contracts/jobs';

/** How a file's columns fill fields: `fields[n]` is what column n fills, null when it is ignored. */
export type ImportLayout = {
  /** The header as it was sent, without its line end; null of NDJSON. */
  readonly header: string | null;
  readonly columns: readonly string[];
  readonly fields: readonly (string | null)[];
  /** What stands between the cells; null of NDJSON. */
  readonly separator: string | null;
  /** What was said of its columns: pairs of a field and a column. */
  readonly map: readonly (readonly [string, string])[];
  /** What every row has besides: pairs of a field and its value. */
  readonly constants: readonly (readonly [string, string])[];
};

export type ImportRecord = {
  readonly id: string;
  readonly clientId: string;
  readonly byAdmin: boolean;
  readonly type: JobType;
  readonly mode: ImportMode;
  readonly format: 'csv' | 'ndjson';
  readonly state: ImportState;
  readonly dryRun: boolean;
  readonly label: string | null;
  readonly errorBudget: string | null;
  readonly layout: ImportLayout;
  readonly pausedReason: PauseReason | null;
  readonly pausedDetail: string | null;
  readonly pausedAt: string | null;
  /** Rows that had failed when it was last set going: they count against no budget again. */
  readonly failedBefore: number;
  readonly bellNo: number;
  /** Rows a second, when it was last measured. */
  readonly rate: number | null;
  readonly createdAt: string;
  readonly checkedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
};

export type ImportRowRecord = {
  readonly importId: string;
  readonly rowNo: number;
  readonly chunkNo: number;
  /** As it was sent, without its line end. */
  readonly raw: string;
  /** What would be posted as a job, its type left out; not judged yet. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly ref: string | null;
  readonly hash: string;
  readonly verdict: RowVerdict | null;
  readonly state: RowState;
  readonly errors: readonly RowError[];
  readonly warnings: readonly string[];
  readonly jobId: string | null;
  readonly customerId: string | null;
  readonly attempts: readonly RowAttempt[];
};
