import { z } from 'zod';
import { failure } from './failure.ts';
import { containerId, customerId, importId, jobId, tenantNumber, webhookId } from './ids.ts';
import { IMPORT_STATES, importPause, importProgress, importTotals } from './imports.ts';
import { feeLine, held, JOB_STATES } from './job-answer.ts';
import { JOB_TYPES } from './jobs.ts';
import { retention, transcription } from './settings.ts';
import { STEP_NAMES } from './steps.ts';

type EventDefinition = {
  readonly summary: string;
  /** What it tells besides what all tell. Full values, so that older events may be dropped. */
  readonly tells: z.ZodRawShape;
};

const nothing = {};
const at = z.iso.datetime();
const holder = z.string().meta({ example: 'billing' });
const holders = z.array(z.string()).meta({ description: 'Who suspends now', example: ['billing'] });

const ofImport = {
  importState: z.enum(IMPORT_STATES).meta({ example: 'running' }),
  totals: importTotals,
  progress: importProgress,
  paused: importPause.nullable().meta({ example: null }),
};

/** THE event list. A new event is one entry here: documents, schemas and examples derive from it. */
export const EVENTS = {
  'job.accepted': { summary: 'A job was accepted: it will happen', tells: nothing },
  'job.started': { summary: 'A worker has begun to run the job', tells: nothing },
  'job.waiting': {
    summary: 'The job goes on by itself, at a time that is told',
    tells: {
      reason: z.enum(['retry', 'interrupted', 'capacity-freed', 'cancel-requested']),
      dueAt: at,
      failure: failure.nullable(),
    },
  },
  'job.held': {
    summary: 'The job has no container to go to, and goes on by itself when there is one',
    tells: { held },
  },
  'job.retried': { summary: 'A job that had failed was opened again', tells: nothing },
  'job.completed': {
    summary: 'The job has done what was asked',
    tells: {
      result: z
        .record(z.string(), z.unknown())
        .nullable()
        .meta({ example: { version: 2, container: { id: '100001', label: 'West 1' }, tenant: { number: '001' } } }),
    },
  },
  'job.failed': {
    summary: 'The job has given up',
    tells: {
      failure,
      undo: z.enum(['complete', 'incomplete']).nullable().meta({ description: 'How far what was done is undone' }),
    },
  },
  'job.cancelled': { summary: 'The job was cancelled, and what it had done is undone', tells: nothing },
  'job.late': {
    summary: 'The job will probably take longer than 99 of 100 of its kind',
    tells: {
      begunAt: at.meta({
        description: 'Its time is measured from here: its start, or its start since it was last retried',
        example: '2026-11-25T09:29:15.000Z',
      }),
      expectedBy: at.meta({ description: 'By then 99 of 100 jobs of its kind have completed' }),
      p99Ms: z.int().meta({
        description: 'The time that 99 of 100 completed jobs of its kind took at most',
        example: 45_000,
      }),
      held: held.nullable(),
      failure: failure.nullable(),
    },
  },
  'step.started': { summary: 'A step of the job begins', tells: nothing },
  'step.succeeded': { summary: 'A step of the job is done', tells: nothing },
  'step.failed': { summary: 'A try of a step has failed', tells: { failure } },
  'step.undone': { summary: 'What a step had done is taken back', tells: nothing },
  'container.reserved': {
    summary: 'The customer has a seat in a container',
    tells: {
      choice: z.string().meta({
        description: 'Why this one',
        example: 'most head-room in any region: 998 of 999 seats free, 3 with room',
      }),
    },
  },
  'container.released': { summary: 'The seat is given back', tells: nothing },
  'tenant.created': { summary: 'The tenant is there, without service yet', tells: nothing },
  'tenant.configured': {
    summary: 'The tenant has its settings',
    tells: { settings: z.strictObject({ retention, transcription }) },
  },
  'tenant.verified': { summary: 'The tenant was read back and is as it was asked for', tells: nothing },
  'tenant.activated': { summary: 'The tenant has service', tells: nothing },
  'tenant.suspended': { summary: 'The service of the tenant is off', tells: nothing },
  'tenant.resumed': { summary: 'The service of the tenant is on again', tells: nothing },
  'tenant.removed': { summary: 'The tenant is gone', tells: nothing },
  'customer.activated': { summary: 'The customer is set up', tells: nothing },
  'customer.updated': {
    summary: 'The record of the customer has changed',
    tells: { changed: z.array(z.string()).meta({ example: ['name', 'tags'] }), version: z.int().meta({ example: 3 }) },
  },
  'customer.suspended': {
    summary: 'A holder suspends the customer',
    tells: { holder, reason: z.string().meta({ example: 'Invoice 4711 is overdue' }), holders },
  },
  'customer.resumed': {
    summary: 'A holder suspends the customer no longer; service returns with the last',
    tells: { holder, holders: holders.meta({ description: 'Who still suspends', example: [] }) },
  },
  'customer.disconnected': {
    summary: 'The customer is taken down',
    tells: { reason: z.string().meta({ example: 'Moved to another carrier' }) },
  },
  'porting-pin.generated': { summary: 'The customer has a new porting PIN; no event tells it', tells: nothing },
  'porting-pin.revealed': {
    summary: 'Somebody was shown the porting PIN',
    tells: { keyId: z.string().meta({ description: 'By which key', example: 'key_01k9zv6n3fe8prx2k1w3q4t5y6' }) },
  },
  'fee.incurred': { summary: 'The job incurs a fee', tells: { fee: feeLine } },
  'import.progressed': { summary: 'An import has come further, stands still, or goes on', tells: ofImport },
  'import.finished': { summary: 'An import is over', tells: ofImport },
  'webhook.disabled': {
    summary: 'A webhook was taken out of service',
    tells: { webhookId, reason: z.string().meta({ example: 'it answered 410 Gone' }) },
  },
} as const satisfies Record<string, EventDefinition>;

export type EventName = keyof typeof EVENTS;
export const EVENT_NAMES = Object.keys(EVENTS) as [EventName, ...EventName[]];
export type EventDetail<N extends EventName> = z.infer<z.ZodObject<(typeof EVENTS)[N]['tells']>>;

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
  sequence: z.int().meta({ description: 'The number of the event, as in `id`: dense in the log', example: 4711 }),
  jobSequence: z.int().nullable().meta({ description: 'Its number within its job: dense, from 1', example: 7 }),
  jobId: jobId.nullable(),
  customerId: customerId.nullable(),
  importId: importId.nullable(),
  jobType: z.enum(JOB_TYPES).nullable(),
  state: z.enum(JOB_STATES).nullable().meta({ description: 'The state of the job after it' }),
  scope: z.enum(['container', 'tenant', 'customer', 'job', 'import', 'webhook']),
  step: z.enum(STEP_NAMES).nullable(),
  attempt: z.int().nullable().meta({ description: 'Which try of the step, or of the job', example: 1 }),
  container: z
    .strictObject({ id: containerId, label: z.string().meta({ example: 'West 1' }) })
    .nullable()
    .meta({ description: 'Where the customer has its seat' }),
  tenant: z
    .strictObject({
      number: tenantNumber,
      domain: z.string().meta({ example: 't001.c100001.sip.qvara.test' }),
      state: z.string().meta({ example: 'active' }),
    })
    .nullable(),
};

export type EventData = z.infer<z.ZodObject<typeof toldByAll>> & Record<string, unknown>;

/** The CloudEvents type of an event name: `qvara.job.accepted.v1`. */
export function eventType(name: EventName): string {
  return `qvara.${name}.v1`;
}

/** The schema of one event type, as the interface answers it (CloudEvents 1.0, structured JSON). */
export function eventSchema(name: EventName) {
  return cloudEvent(eventType(name), { ...toldByAll, ...(EVENTS[name].tells as z.ZodRawShape) });
}

/** The schema of a CloudEvent of ours that carries these data. */
export function cloudEvent<T extends z.ZodRawShape>(type: string, data: T) {
  return z.strictObject({
    specversion: z.literal('1.0'),
    id: z.string().meta({ description: 'The sequence number', example: '4711' }),
    source: z.literal('/qvara/provisioning'),
    type: z.literal(type),
    subject: z.string().nullable().meta({ description: 'The id of the job, or of what else it is about' }),
    time: at,
    datacontenttype: z.literal('application/json'),
    data: z.strictObject(data),
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
