import { z } from 'zod';
import { failure } from './failure.ts';
import { customerId, importId, jobId } from './ids.ts';
import { JOB_TYPES } from './jobs.ts';
import { STEP_NAMES, STEP_STATES } from './steps.ts';

export const JOB_STATES = ['accepted', 'running', 'waiting', 'held', 'completed', 'failed', 'cancelled'] as const;
export const jobState = z.enum(JOB_STATES);
export type JobState = z.infer<typeof jobState>;
export const OPEN_STATES: readonly JobState[] = ['accepted', 'running', 'waiting', 'held'];

const at = z.iso.datetime();

/** A cost that a job incurs, per month, in the minor unit of its currency. */
export const feeLine = z.strictObject({
  code: z.string().meta({ example: 'retention-voicemail' }),
  setting: z.string().meta({ example: 'retention.voicemail' }),
  amountMinor: z.int().meta({ example: 250 }),
  currency: z.string().meta({ example: 'USD' }),
  per: z.literal('month'),
});
export type FeeLine = z.infer<typeof feeLine>;

export const held = z.strictObject({
  reason: z.literal('no-capacity'),
  detail: z.string().meta({ example: 'no container in any region has head-room: 3 full' }),
  since: at,
});
export type Held = z.infer<typeof held>;

export const jobStep = z.strictObject({
  name: z.enum(STEP_NAMES),
  scope: z.enum(['container', 'tenant', 'customer']),
  state: z.enum(STEP_STATES),
  attempt: z.int(),
  startedAt: at.nullable(),
  finishedAt: at.nullable(),
  failure: failure.nullable(),
});
export type JobStep = z.infer<typeof jobStep>;

/** A job as the interface answers it. */
export const job = z.strictObject({
  id: jobId,
  type: z.enum(JOB_TYPES),
  state: jobState,
  phase: z.enum(['forward', 'undo']),
  customerId,
  externalId: z.string().nullable(),
  importId: importId.nullable().meta({ description: 'The import that this job carries out a row of' }),
  attempt: z.int(),
  cancellable: z.boolean(),
  acceptedAt: at,
  startedAt: at.nullable(),
  finishedAt: at.nullable(),
  dueAt: at.nullable(),
  lateSince: at.nullable().meta({ description: 'When it was told to be late, if it ever was' }),
  steps: z.array(jobStep),
  undo: z.enum(['complete', 'incomplete']).nullable(),
  held: held.nullable(),
  failure: failure.nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  fees: z.array(feeLine),
  links: z.strictObject({ self: z.string(), events: z.string(), customer: z.string() }),
});
export type JobAnswer = z.infer<typeof job>;
