import type { ServiceMode, TenantSettings } from './driver.ts';
import type { Ask } from './sandbox-connection.ts';
import { newTenant, type SandboxCall, type Tenant, tombstone } from './sandbox-rules.ts';

type Row = {
  readonly container_id: number;
  readonly number: number;
  readonly customer_id: string;
  readonly domain: string | null;
  readonly service: ServiceMode;
  readonly settings: TenantSettings | null;
  readonly retroactive_job_id: string | null;
  readonly claim_no: string;
  readonly removed: boolean;
};

const INSERT = {
  name: 'insert-tenants',
  text: `
  insert into tenants (container_id, number, customer_id, domain, service, claim_no, removed)
  select "containerId", number, "customerId", domain, service, "claimNo", removed
  from json_to_recordset($1::json) as c ("containerId" integer, number smallint, "customerId" text, domain text,
    service text, "claimNo" bigint, removed boolean)
  order by 1, 2
  on conflict do nothing
  returning container_id, number`,
};

const LOCK = {
  name: 'lock-tenants',
  text: `
  select t.container_id, t.number, t.customer_id, t.domain, t.service, t.settings, t.retroactive_job_id, t.claim_no, t.removed
  from tenants t join unnest($1::integer[], $2::smallint[]) as k (container_id, number) using (container_id, number)
  order by t.container_id, t.number for update of t`,
};

/** The tenants that calls meet, by place. A place without an entry was never heard of; `fresh` ones are written already. */
export type Held = { readonly tenants: ReadonlyMap<string, Tenant>; readonly fresh: ReadonlySet<string> };

/** Where a tenant is, as one word. */
export function placeOf({ containerId, number }: { containerId: string | number; number: string | number }): string {
  return `${Number(containerId)}/${Number(number)}`;
}

/**
 * Locks the tenants of these calls, always in the same order. Those that a call may bring into being are inserted first,
 * as it leaves them, and their absence is what the call meets. No tenant may be named twice.
 */
export async function lockTenants(ask: Ask, calls: readonly SandboxCall[]): Promise<Held> {
  const places = [calls.map((call) => call.containerId), calls.map((call) => call.number)];
  const [born, rows] = await Promise.all([insertMissing(ask, calls), ask<Row>(LOCK, places)]);
  const fresh = new Set(born);
  const tenants = new Map<string, Tenant>();
  for (const row of rows) {
    const place = placeOf({ ...row, containerId: row.container_id });
    if (!fresh.has(place)) tenants.set(place, tenantOf(row));
  }
  return { fresh, tenants };
}

async function insertMissing(ask: Ask, calls: readonly SandboxCall[]): Promise<string[]> {
  const born = calls.flatMap((call) => {
    const { containerId, number } = call;
    if (call.verb === 'ensureTenants') return [{ containerId, number, ...newTenant(call) }];
    return call.verb === 'removeTenants' ? [{ containerId, number, ...tombstone(call) }] : [];
  });
  if (born.length === 0) return [];
  const rows = await ask<Row>(INSERT, [JSON.stringify(born)]);
  return rows.map((row) => placeOf({ containerId: row.container_id, number: row.number }));
}

function tenantOf(row: Row): Tenant {
  const { customer_id: customerId, domain, service, settings, retroactive_job_id: retroactiveJobId, removed } = row;
  return { customerId, domain, service, settings, retroactiveJobId, removed, claimNo: Number(row.claim_no) };
}
