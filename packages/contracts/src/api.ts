import { z } from 'zod';
import { FAILURE_CODE_NAMES } from './failure.ts';
import { containerId } from './ids.ts';
import { feeLine } from './job-answer.ts';
import { STEP_NAMES } from './steps.ts';

/** One thing wrong with a request: where, which rule, and what to do. */
export const problemItem = z.strictObject({
  pointer: z.string().optional(),
  parameter: z.string().optional(),
  header: z.string().optional(),
  row: z.int().optional().meta({ description: 'Of a file: the row, the header not counted' }),
  column: z.string().optional().meta({ description: 'Of a file: the column' }),
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
});
export type ProblemItem = z.infer<typeof problemItem>;

/** An error answer (RFC 9457). */
export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(FAILURE_CODE_NAMES),
  instance: z.string(),
  errors: z.array(problemItem).optional(),
});
export type Problem = z.infer<typeof problem>;

/** A page of a list: `next` is the cursor of the page after it, null at the end. */
export function page<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable() });
}
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** What would happen, answered by a dry run. Nothing was changed. */
export const plan = z.strictObject({
  type: z.string(),
  steps: z.array(z.enum(STEP_NAMES)),
  customerId: z.string().nullable(),
  container: z.strictObject({ id: containerId, label: z.string(), region: z.string(), headRoom: z.int() }).nullable(),
  choice: z.string().nullable().meta({ description: 'Why this container, or why none' }),
  fees: z.array(feeLine),
  warnings: z.array(z.string()),
});
export type PlanAnswer = z.infer<typeof plan>;

export const portingPin = z.strictObject({ portingPin: z.string(), generatedAt: z.iso.datetime() });
