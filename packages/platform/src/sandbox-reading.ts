import type { Pool } from 'pg';
import type { ObservedTenant, Outcome, ServiceMode, TenantKey, TenantSettings } from './driver.ts';
import { done } from './outcome.ts';
import { withConnection } from './sandbox-connection.ts';
import type { Order } from './sandbox-delivery.ts';
import { placeOf } from './sandbox-tenants.ts';

type Row = {
  readonly container_id: number;
  readonly number: number;
  readonly domain: string;
  readonly customer_id: string;
  readonly service: ServiceMode;
  readonly settings: TenantSettings | null;
  readonly emergency_calling: boolean;
};

const READ = {
  name: 'read-tenants',
  text: `
  select t.container_id, t.number, t.domain, t.customer_id, t.service, t.settings, t.emergency_calling
  from tenants t join unnest($1::integer[], $2::smallint[]) as k (container_id, number) using (container_id, number)
  where not t.removed`,
};

/** Reads tenants back; a scripted fault takes the place of the answer. One outcome for each, in order. */
export async function readTenants(
  pool: Pool,
  orders: readonly Order<TenantKey>[],
): Promise<readonly Outcome<ObservedTenant | null>[]> {
  const keys = orders.map(({ item }) => item);
  const values = [keys.map((key) => key.containerId), keys.map((key) => key.number)];
  const rows = await withConnection({ pool }, (ask) => ask<Row>(READ, values));
  const observed = new Map(rows.map((row) => [placeOf({ ...row, containerId: row.container_id }), observedOf(row)]));
  return orders.map(({ item, cue }) => {
    if (!cue.fault) return done(observed.get(placeOf(item)) ?? null);
    const { when: _, ...fault } = cue.fault;
    return { ok: false, fault };
  });
}

function observedOf(row: Row): ObservedTenant {
  const { domain, customer_id: customerId, service, settings, emergency_calling: emergencyCalling } = row;
  return { domain, customerId, service, settings, emergencyCalling };
}
