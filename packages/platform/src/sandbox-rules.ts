import { isDeepStrictEqual } from 'node:util';
import type { Fault } from '@qvara/contracts/failure';
import type { ConfigureCall, EnsureCall, ServiceCall, ServiceMode, TenantCall, TenantSettings } from './driver.ts';

/** A tenant as the sandbox keeps it. A removed one is a tombstone: it remembers the greatest claim, and nothing else counts. */
export type Tenant = {
  readonly customerId: string;
  readonly domain: string | null;
  readonly service: ServiceMode;
  readonly settings: TenantSettings | null;
  /** The job that last applied its retention periods to what was stored already. */
  readonly retroactiveJobId: string | null;
  readonly claimNo: number;
  readonly removed: boolean;
};

export type SandboxCall =
  | ({ readonly verb: 'ensureTenants' } & EnsureCall)
  | ({ readonly verb: 'configureTenants' } & ConfigureCall)
  | ({ readonly verb: 'setService' } & ServiceCall)
  | ({ readonly verb: 'removeTenants' } & TenantCall);

/** A real change of a tenant. `value`: the service, or how retention periods were applied. */
export type Effect = {
  readonly effect: 'created' | 'configured' | 'service' | 'removed';
  readonly value: string | null;
};

/** What a call does to a tenant: refused with a fault, or the tenant's next state and the effect, if it has one. */
export type Verdict =
  | { readonly fault: Fault }
  | { readonly fault: null; readonly next: Tenant; readonly effect: Effect | null };

/** Decides what a call does to the tenant that is held now; null is one never heard of. */
export function judge(call: SandboxCall, held: Tenant | null): Verdict {
  if (held && call.claimNo < held.claimNo) return stale(call, held);
  if (call.verb === 'ensureTenants') return ensure(call, held);
  if (call.verb === 'removeTenants') return remove(call, held);
  if (!held || held.removed) return refuse('tenant-mismatch', `${where(call)} is not there.`);
  if (held.customerId !== call.customerId) return foreign(call);
  return call.verb === 'configureTenants' ? configure(call, held) : serve(call, held);
}

/** A tenant as it is after a create that met nothing. */
export function newTenant(call: EnsureCall): Tenant {
  return { ...blank(call), domain: call.domain, removed: false };
}

/** What stays of a tenant after it was removed. */
export function tombstone(call: TenantCall): Tenant {
  return { ...blank(call), domain: null, removed: true };
}

function blank({ customerId, claimNo }: TenantCall) {
  return { customerId, claimNo, service: 'inactive', settings: null, retroactiveJobId: null } as const;
}

function ensure(call: EnsureCall, held: Tenant | null): Verdict {
  // Not for an equal claim: a run that timed out in creating and then undid it must not meet its own late create.
  if (held?.removed && call.claimNo === held.claimNo) return stale(call, held);
  if (!held || held.removed) return accept(newTenant(call), { effect: 'created', value: null });
  if (held.customerId !== call.customerId) return foreign(call);
  if (held.domain !== call.domain) return refuse('tenant-mismatch', `${where(call)} has another SIP domain.`);
  return accept({ ...held, claimNo: call.claimNo }, null);
}

function remove(call: TenantCall, held: Tenant | null): Verdict {
  if (!held || held.removed) return accept(tombstone(call), null);
  if (held.customerId !== call.customerId) return foreign(call);
  return accept(tombstone(call), { effect: 'removed', value: null });
}

function configure({ settings, retroactive, jobId, claimNo }: ConfigureCall, held: Tenant): Verdict {
  const same = isDeepStrictEqual(held.settings, settings) && (!retroactive || held.retroactiveJobId === jobId);
  const retroactiveJobId = retroactive ? jobId : held.retroactiveJobId;
  const value = retroactive ? 'retroactive' : 'prospective';
  return accept({ ...held, settings, retroactiveJobId, claimNo }, same ? null : { effect: 'configured', value });
}

function serve({ service, claimNo }: ServiceCall, held: Tenant): Verdict {
  const same = held.service === service;
  return accept({ ...held, service, claimNo }, same ? null : { effect: 'service', value: service });
}

function accept(next: Tenant, effect: Effect | null): Verdict {
  return { fault: null, next, effect };
}

function refuse(code: Fault['code'], message: string): Verdict {
  return { fault: { code, message } };
}

function foreign(call: TenantCall): Verdict {
  return refuse('tenant-mismatch', `${where(call)} belongs to another customer.`);
}

function stale(call: TenantCall, held: Tenant): Verdict {
  return refuse('stale-claim', `${where(call)} has heard claim ${held.claimNo}; this is claim ${call.claimNo}.`);
}

function where({ containerId, number }: TenantCall): string {
  return `Tenant ${number} of container ${containerId}`;
}
