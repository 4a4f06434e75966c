import { z } from 'zod';
import { failure } from './failure.ts';
import { containerId, customerId, importId, jobId, tenantNumber } from './ids.ts';
import { feeLine } from './job-answer.ts';
import { JOB_TYPES } from './jobs.ts';
import { line } from './text.ts';

/** Rows that are checked and run together. */
export const CHUNK_ROWS = 500;
/** Of one import. */
export const MOST_ROWS = 1_000_000;
export const MOST_BYTES = 2 ** 30;
/** Of one row, as it was sent. */
export const MOST_ROW_BYTES = 64 * 1024;
export const MOST_COLUMNS = 200;

export const IMPORT_MODES = ['create', 'upsert'] as const;
export const IMPORT_FORMATS = ['csv', 'ndjson'] as const;
export const IMPORT_STATES = [
  'receiving',
  'checking',
  'ready',
  'running',
  'paused',
  'completed',
  'completed-with-failures',
  'cancelled',
] as const;
/** Why an import does not go on: somebody said so, too many rows failed, or no container has room. */
export const PAUSE_REASONS = ['by-request', 'error-budget', 'no-capacity'] as const;
export const ROW_VERDICTS = ['create', 'update', 'unchanged', 'invalid', 'conflict'] as const;
export const ROW_STATES = ['pending', 'running', 'done', 'failed', 'skipped'] as const;

export type ImportMode = (typeof IMPORT_MODES)[number];
export type ImportState = (typeof IMPORT_STATES)[number];
export type PauseReason = (typeof PAUSE_REASONS)[number];
export type RowVerdict = (typeof ROW_VERDICTS)[number];
export type RowState = (typeof ROW_STATES)[number];

/** So many failed rows are borne, as a share of all rows or as a number: `5%`, `100`. Past it the import pauses. */
export const errorBudget = z
  .string()
  .regex(/^(\d{1,7}|(100|\d{1,2})(\.\d{1,2})?%)$/, 'must be a number of rows such as 100, or a share such as 5%')
  .meta({ example: '5%' });
export const importLabel = line(200);

const at = z.iso.datetime();
const count = z.int().min(0);

/** An import on its way. */
export const SAMPLE_TOTALS = {
  rows: 1_000,
  create: 980,
  update: 0,
  unchanged: 0,
  invalid: 15,
  conflict: 5,
  pending: 400,
  running: 80,
  done: 500,
  failed: 20,
  skipped: 0,
};

/** Rows by what would become of them and by how far they have come; each adds up to `rows` once all are checked. */
export const importTotals = z
  .strictObject({
    rows: count,
    create: count,
    update: count,
    unchanged: count,
    invalid: count,
    conflict: count,
    pending: count,
    running: count,
    done: count,
    failed: count,
    skipped: count,
  })
  .meta({ example: SAMPLE_TOTALS });
export type ImportTotals = z.infer<typeof importTotals>;

/** How quickly rows move, and when the last one will have; null when nothing moves. */
export const importProgress = z.strictObject({
  rowsPerSecond: z.number().nullable().meta({ example: 240 }),
  etaSeconds: z.number().nullable().meta({ example: 2 }),
});

export type ImportProgress = z.infer<typeof importProgress>;

/** Why an import stands still. */
export const importPause = z.strictObject({ reason: z.enum(PAUSE_REASONS), detail: z.string() });

/** What a run would need and cost, as the check found it. */
export const importPlan = z.strictObject({
  capacity: z.array(
    z.strictObject({
      region: z.string().nullable().meta({ description: 'null: rows that may go anywhere' }),
      needed: count,
      free: count,
      missing: count,
    }),
  ),
  fees: z.array(feeLine.extend({ rows: count.meta({ description: 'How many rows incur it' }) })),
});
export type ImportPlan = z.infer<typeof importPlan>;

/** An import as the interface answers it. */
export const importAnswer = z.strictObject({
  id: importId,
  type: z.enum(JOB_TYPES),
  mode: z.enum(IMPORT_MODES),
  format: z.enum(IMPORT_FORMATS),
  state: z.enum(IMPORT_STATES),
  dryRun: z.boolean(),
  label: z.string().nullable(),
  errorBudget: z.string().nullable(),
  paused: importPause.extend({ since: at }).nullable(),
  columns: z
    .array(z.strictObject({ column: z.string(), field: z.string().nullable() }))
    .meta({ description: 'The columns of the file, and the field that each fills; null: ignored' }),
  totals: importTotals,
  changedSinceCheck: count.meta({ description: 'Rows for which something else would have happened than was shown' }),
  progress: importProgress,
  plan: importPlan.nullable(),
  createdAt: at,
  checkedAt: at.nullable(),
  startedAt: at.nullable(),
  finishedAt: at.nullable(),
  links: z.strictObject({ self: z.string(), rows: z.string(), failed: z.string(), results: z.string() }),
});
export type ImportAnswer = z.infer<typeof importAnswer>;

/** What is wrong with a row: the field, the rule and the remedy. */
export const rowError = z.strictObject({
  field: z.string().nullable(),
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
});
export type RowError = z.infer<typeof rowError>;

/** One time that a row was carried out, or was to be: without a job it failed before there was one. */
export const rowAttempt = z.strictObject({
  attempt: z.int().min(1),
  jobId: jobId.nullable(),
  state: z.enum(['running', 'done', 'failed']),
  failure: failure.nullable(),
  startedAt: at,
  finishedAt: at.nullable(),
});
export type RowAttempt = z.infer<typeof rowAttempt>;

/** A row of an import. `row` counts from 1, the header not counted; it stays the same through all attempts. */
export const importRow = z.strictObject({
  row: z.int().min(1),
  ref: z.string().nullable().meta({ description: 'The reference or id by which the row names its customer' }),
  verdict: z.enum(ROW_VERDICTS).nullable(),
  state: z.enum(ROW_STATES),
  errors: z.array(rowError),
  warnings: z.array(z.string()),
  fields: z.record(z.string(), z.unknown()),
  jobId: jobId.nullable(),
  customerId: customerId.nullable(),
  attempts: z.array(rowAttempt),
});
export type ImportRowAnswer = z.infer<typeof importRow>;

/** What `results.csv` tells of a row. */
export const importResult = z.strictObject({
  row: z.int().min(1),
  ref: z.string().nullable(),
  verdict: z.enum(ROW_VERDICTS).nullable(),
  state: z.enum(ROW_STATES),
  jobId: jobId.nullable(),
  customerId: customerId.nullable(),
  container: containerId.nullable(),
  tenant: tenantNumber.nullable(),
  domain: z.string().nullable(),
  code: z.string().nullable(),
  error: z.string().nullable(),
});
export type ImportResult = z.infer<typeof importResult>;
