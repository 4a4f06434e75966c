import { z } from 'zod';
import * as fields from './customers.ts';
import { customerId } from './ids.ts';
import { retention, transcription } from './settings.ts';
import type { StepName } from './steps.ts';
import { code, line, reference } from './text.ts';

export const QUEUE_NAMES = ['provisioning', 'settings'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** A queue message that tells a worker a job can run. `bellNo` makes every ring a message of its own. */
export type Bell = {
  readonly queue: QueueName;
  readonly jobId: string;
  readonly bellNo: number;
};

const holder = code.meta({
  description: 'Who suspends, such as billing or fraud: a code in kebab-case',
  example: 'billing',
});
const reason = line(500);
const atLeastOne = (value: object) => Object.keys(value).length > 0;
const EMPTY = 'must name at least one field to change';

/** The fields of a new customer. Settings may be given in part; the rest takes its default. */
export const provisionPayload = z.strictObject({
  name: fields.name,
  serviceType: fields.serviceType,
  industry: fields.industry,
  externalRef: fields.externalRef.optional(),
  tags: fields.tags.optional(),
  timeZone: fields.timeZone.optional(),
  dialingCountry: fields.dialingCountry.optional(),
  region: fields.region.optional(),
  retention: retention.partial().optional(),
  transcription: transcription.partial().optional(),
  site: z.strictObject({ name: line(200) }).optional(),
});

/** Changes to a customer's record, and to any part of its settings; `null` clears an optional field. */
export const updatePayload = z
  .strictObject({
    name: fields.name,
    serviceType: fields.serviceType,
    industry: fields.industry,
    tags: fields.tags,
    timeZone: fields.timeZone.nullable(),
    dialingCountry: fields.dialingCountry.nullable(),
    retention: retention.partial().refine(atLeastOne, EMPTY),
    transcription: transcription.partial().refine(atLeastOne, EMPTY),
  })
  .partial()
  .refine(atLeastOne, EMPTY);

export const retentionPayload = retention
  .partial()
  .extend({ appliesTo: z.enum(['prospective', 'retroactive']).optional() })
  .refine(({ appliesTo: _, ...periods }) => atLeastOne(periods), EMPTY);

export const transcriptionPayload = transcription.partial().refine(atLeastOne, EMPTY);
export const pinPayload = z.strictObject({});
export const suspendPayload = z.strictObject({ holder, reason });
export const resumePayload = z.strictObject({ holder, reason: reason.optional() });
export const disconnectPayload = z.strictObject({ reason });

type JobDefinition = {
  readonly queue: QueueName;
  readonly payload: z.ZodType;
  readonly steps: readonly StepName[];
  /** Counted tries before the job gives up. */
  readonly attempts: number;
  /** Capped exponential backoff between counted tries, in milliseconds; full jitter is applied to it. */
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
  /** How long one step may take before its outcome is unknown, in milliseconds. */
  readonly timeoutMs: number;
  readonly summary: string;
};

/** Some four minutes of a platform that does not answer, on the average. */
const patient = { attempts: 12, backoff: { baseMs: 500, capMs: 60_000 }, timeoutMs: 30_000 } as const;

/** THE job list. A new job is one entry here, a story in the worker, and a line in its list of handlers. */
export const JOBS = {
  'customer.provision': {
    queue: 'provisioning',
    payload: provisionPayload,
    ...patient,
    summary: 'Set up a customer in a container',
    steps: ['reserve-seat', 'create-tenant', 'apply-settings', 'create-site', 'verify-tenant', 'activate-tenant'],
  },
  'customer.update': {
    queue: 'settings',
    payload: updatePayload,
    ...patient,
    summary: 'Change the fields of a customer',
    steps: ['update-customer', 'apply-settings', 'verify-tenant'],
  },
  'retention.update': {
    queue: 'settings',
    payload: retentionPayload,
    ...patient,
    summary: 'Change data retention periods',
    steps: ['apply-settings', 'verify-tenant'],
  },
  'transcription.update': {
    queue: 'settings',
    payload: transcriptionPayload,
    ...patient,
    summary: 'Change call transcription',
    steps: ['apply-settings', 'verify-tenant'],
  },
  'porting-pin.generate': {
    queue: 'settings',
    payload: pinPayload,
    ...patient,
    summary: 'Generate a new porting PIN',
    steps: ['generate-porting-pin'],
  },
  'customer.suspend': {
    queue: 'settings',
    payload: suspendPayload,
    ...patient,
    summary: 'Suspend service for a holder',
    steps: ['suspend-tenant'],
  },
  'customer.resume': {
    queue: 'settings',
    payload: resumePayload,
    ...patient,
    summary: 'Lift a suspension of a holder',
    steps: ['resume-tenant'],
  },
  'customer.disconnect': {
    queue: 'provisioning',
    payload: disconnectPayload,
    ...patient,
    summary: 'Disconnect a customer and free its seat',
    steps: ['deactivate-tenant', 'remove-site', 'remove-tenant', 'release-seat'],
  },
} as const satisfies Record<string, JobDefinition>;

export type JobType = keyof typeof JOBS;
export const JOB_TYPES = Object.keys(JOBS) as [JobType, ...JobType[]];
export type JobPayload<T extends JobType> = z.infer<(typeof JOBS)[T]['payload']>;

/** The definition of a job type. */
export function jobDefinition(type: JobType): JobDefinition {
  return JOBS[type];
}

const externalId = reference(200)
  .optional()
  .meta({ description: "The sender's own id for this job; unique per client", example: 'order-7781' });
/** What the ledger can count up to. */
const GREATEST_VERSION = 2_147_483_647;
const target = {
  customerId: customerId.optional(),
  customerRef: fields.externalRef.optional(),
  expectedVersion: z.int().min(1).max(GREATEST_VERSION).optional(),
};

function changeRequest<T extends Exclude<JobType, 'customer.provision'>>(type: T) {
  return z
    .strictObject({
      type: z.literal(type),
      externalId,
      ...target,
      payload: JOBS[type].payload as (typeof JOBS)[T]['payload'],
    })
    .meta({ id: `${type}.request`, description: JOBS[type].summary });
}

/** What may be posted: one shape for each job type, told apart by `type`. */
export const jobRequest = z.discriminatedUnion('type', [
  z
    .strictObject({ type: z.literal('customer.provision'), externalId, payload: provisionPayload })
    .meta({ id: 'customer.provision.request', description: JOBS['customer.provision'].summary }),
  changeRequest('customer.update'),
  changeRequest('retention.update'),
  changeRequest('transcription.update'),
  z
    .strictObject({ type: z.literal('porting-pin.generate'), externalId, ...target, payload: pinPayload.optional() })
    .meta({ id: 'porting-pin.generate.request', description: JOBS['porting-pin.generate'].summary }),
  changeRequest('customer.suspend'),
  changeRequest('customer.resume'),
  changeRequest('customer.disconnect'),
]);
export type JobRequest = z.infer<typeof jobRequest>;
