import { z } from 'zod';
import { failure } from './failure.ts';
import { containerId, customerId, importId, jobId, tenantNumber, webhookId } from './ids.ts';
import { IMPORT_STATES, importPause, importProgress, importTotals } from './imports.ts';
import { feeLine, held, JOB_STATES } from './job-answer.ts';
import { JOB_TYPES } from './jobs.ts';
import { retention, transcription } from './settings.ts';
import { STEP_NAMES } from './steps.ts';

const nothing = {};
const failed = { failure };
const ofImport = {
  importState: z.enum(IMPORT_STATES),
  totals: importTotals,
  progress: importProgress,
  paused: importPause.nullable(),
};

/** THE event list: what each type tells besides what all tell. Full values, so that older events may be dropped. */
export const EVENTS = {
  'job.accepted': nothing,
  'job.started': nothing,
  'job.waiting': {
    reason: z.enum(['retry', 'interrupted', 'capacity-freed', 'cancel-requested']),
    dueAt: z.iso.datetime(),
    failure: failure.nullable(),
  },
  'job.held': { held },
  'job.retried': nothing,
  'job.completed': { result: z.record(z.string(), z.unknown()).nullable() },
  'job.failed': { failure, undo: z.enum(['complete', 'incomplete']).nullable() },
  'job.cancelled': nothing,
  'job.late': {
    begunAt: z.iso
      .datetime()
      .meta({ description: 'Its time is measured from here: its start, or its start since it was last retried' }),
    expectedBy: z.iso.datetime().meta({ description: 'By then 99 of 100 jobs of its kind have completed' }),
    p99Ms: z.int().meta({ description: 'The time that 99 of 100 completed jobs of its kind took at most' }),
    held: held.nullable(),
    failure: failure.nullable(),
  },
  'step.started': nothing,
  'step.succeeded': nothing,
  'step.failed': failed,
  'step.undone': nothing,
  'container.reserved': { choice: z.string() },
  'container.released': nothing,
  'tenant.created': nothing,
  'tenant.configured': { settings: z.strictObject({ retention, transcription }) },
  'tenant.verified': nothing,
  'tenant.activated': nothing,
  'tenant.suspended': nothing,
  'tenant.resumed': nothing,
  'tenant.removed': nothing,
  'customer.activated': nothing,
  'customer.updated': { changed: z.array(z.string()), version: z.int() },
  'customer.suspended': { holder: z.string(), reason: z.string(), holders: z.array(z.string()) },
  'customer.resumed': { holder: z.string(), holders: z.array(z.string()) },
  'customer.disconnected': { reason: z.string() },
  'porting-pin.generated': nothing,
  'porting-pin.revealed': { keyId: z.string() },
  'fee.incurred': { fee: feeLine },
  'import.progressed': ofImport,
  'import.finished': ofImport,
  'webhook.disabled': { webhookId, reason: z.string() },
} as const satisfies Record<string, z.ZodRawShape>;

export type EventName = keyof typeof EVENTS;
export const EVENT_NAMES = Object.keys(EVENTS) as [EventName, ...EventName[]];
export type EventDetail<N extends EventName> = z.infer<z.ZodObject<(typeof EVENTS)[N]>>;

/** An event as rules make it: what happened, in which step, with the details of its type. */
export type EventDraft = {
  [N in EventName]: {
    readonly name: N;
    readonly step?: string;
    readonly attempt?: number;
    readonly detail: EventDetail<N>;
  };
}[EventName];

const toldByAll = {
  sequence: z.int(),
  jobSequence: z.int().nullable(),
  jobId: jobId.nullable(),
  customerId: customerId.nullable(),
  importId: importId.nullable(),
  jobType: z.enum(JOB_TYPES).nullable(),
  state: z.enum(JOB_STATES).nullable(),
  scope: z.enum(['container', 'tenant', 'customer', 'job', 'import', 'webhook']),
  step: z.enum(STEP_NAMES).nullable(),
  attempt: z.int().nullable(),
  container: z.strictObject({ id: containerId, label: z.string() }).nullable(),
  tenant: z.strictObject({ number: tenantNumber, domain: z.string(), state: z.string() }).nullable(),
};

export type EventData = z.infer<z.ZodObject<typeof toldByAll>> & Record<string, unknown>;

/** The CloudEvents type of an event name: `qvara.job.accepted.v1`. */
export function eventType(name: EventName): string {
  return `qvara.${name}.v1`;
}

/** The schema of one event type, as the interface answers it (CloudEvents 1.0, structured JSON). */
export function eventSchema(name: EventName) {
  return z.strictObject({
    specversion: z.literal('1.0'),
    id: z.string().meta({ description: 'The sequence number' }),
    source: z.literal('/qvara/provisioning'),
    type: z.literal(eventType(name)),
    subject: z.string().nullable(),
    time: z.iso.datetime(),
    datacontenttype: z.literal('application/json'),
    data: z.strictObject({ ...toldByAll, ...(EVENTS[name] as z.ZodRawShape) }),
  });
}

/** An event as the interface answers it. */
export type CloudEvent = {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: '/qvara/provisioning';
  readonly type: string;
  readonly subject: string | null;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: EventData;
};
