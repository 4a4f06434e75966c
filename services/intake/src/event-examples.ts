import type { EventName } from '@qvara/contracts/events';
import { SAMPLE_TOTALS } from '@qvara/contracts/imports';
import type { Schema } from './docs-schema.ts';

const AT = '2026-11-25T09:30:00.000Z';

const NO_SEAT = { container: null, tenant: null };
const NO_JOB = { jobSequence: null, jobId: null, jobType: null, state: null };
const NO_CUSTOMER = { ...NO_JOB, ...NO_SEAT, customerId: null };
const STEP = { scope: 'tenant', step: 'create-tenant', attempt: 1, tenantState: 'reserved' };

/** What the ledger tells otherwise than of most, which are told of a running provisioning and an active tenant. */
const OTHERWISE: { readonly [N in EventName]?: Readonly<Record<string, unknown>> } = {
  'job.accepted': { state: 'accepted', attempt: 1, ...NO_SEAT },
  'job.started': { attempt: 1, ...NO_SEAT },
  'job.waiting': { state: 'waiting', attempt: 2, tenantState: 'reserved' },
  'job.held': { state: 'held', ...NO_SEAT },
  'job.retried': { state: 'accepted', ...NO_SEAT },
  'job.completed': { state: 'completed', attempt: 1 },
  'job.failed': { state: 'failed', attempt: 1, ...NO_SEAT },
  'job.cancelled': { state: 'cancelled', ...NO_SEAT },
  'job.late': { attempt: 1, tenantState: 'reserved', held: null, failure: null },
  'step.started': STEP,
  'step.succeeded': { ...STEP, tenantState: 'inactive' },
  'step.failed': STEP,
  'step.undone': { ...STEP, attempt: null },
  'container.reserved': { tenantState: 'reserved' },
  'container.released': { jobType: 'customer.disconnect', tenantState: 'reserved' },
  'tenant.created': { tenantState: 'inactive' },
  'tenant.configured': { tenantState: 'inactive' },
  'tenant.verified': { tenantState: 'inactive' },
  'tenant.suspended': { jobType: 'customer.suspend', tenantState: 'suspended' },
  'tenant.resumed': { jobType: 'customer.resume' },
  'tenant.removed': { jobType: 'customer.disconnect', tenantState: 'reserved' },
  'customer.updated': { jobType: 'customer.update' },
  'customer.suspended': { jobType: 'customer.suspend', tenantState: 'suspended' },
  'customer.resumed': { jobType: 'customer.resume' },
  'customer.disconnected': { jobType: 'customer.disconnect', ...NO_SEAT },
  'porting-pin.revealed': NO_JOB,
  'import.progressed': { jobType: 'customer.provision' },
  'import.finished': {
    jobType: 'customer.provision',
    importState: 'completed-with-failures',
    totals: { ...SAMPLE_TOTALS, pending: 0, running: 0, done: SAMPLE_TOTALS.create },
    progress: { rowsPerSecond: null, etaSeconds: null },
  },
};

/** A value that fits a schema: the example that the schema names, else the first thing that it allows. */
export function exampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.examples !== undefined) return schema.examples[0];
  if (schema.enum !== undefined) return schema.enum[0];
  const several = schema.anyOf ?? schema.oneOf;
  if (several !== undefined) return exampleOf(several.find(({ type }) => type !== 'null') ?? {});
  switch ([schema.type].flat()[0]) {
    case 'object': {
      const parts = Object.entries(schema.properties ?? {});
      return Object.fromEntries(parts.map(([name, part]) => [name, exampleOf(part)]));
    }
    case 'array':
      return [exampleOf(schema.items ?? {})];
    case 'string':
      return schema.format === 'date-time' ? AT : 'text';
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return false;
    default:
      return null;
  }
}

type Example = {
  readonly subject: string | null;
  readonly data: { readonly tenant: object; readonly [field: string]: unknown };
};

/** An event of this name, as the ledger would tell it. */
export function exampleEvent(name: EventName, schema: Schema): Example {
  const event = exampleOf(schema) as Example;
  const { tenantState = 'active', ...otherwise } = OTHERWISE[name] ?? {};
  const noun = name.slice(0, name.indexOf('.'));
  const scopes = schema.properties?.data?.properties?.scope?.enum ?? [];
  const usual = {
    state: 'running',
    scope: scopes.includes(noun) ? noun : 'customer',
    step: null,
    attempt: null,
    importId: noun === 'import' ? event.data.importId : null,
    tenant: { ...event.data.tenant, state: tenantState },
  };
  const about = noun === 'import' || noun === 'webhook' ? event.data[`${noun}Id`] : undefined;
  const data = { ...event.data, ...usual, ...(about !== undefined && NO_CUSTOMER), ...otherwise } as Example['data'];
  return { ...event, subject: (data.jobId ?? about ?? null) as string | null, data };
}
