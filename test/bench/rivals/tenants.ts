import { isDeepStrictEqual } from 'node:util';
import { tenantDomain } from '@qvara/contracts/ids';
import type { Outcome, TenantCall } from '@qvara/platform/driver';
import { createSandbox } from '@qvara/platform/sandbox';
import { SIP_DOMAIN } from './provisioner.ts';
import { defaultSettings, type Seat, type Subject } from './story.ts';

export type Tenant = Subject & Pick<Seat, 'containerId' | 'number'>;

/** The product's driver, called as its steps do: each call for one tenant or more, thrown what it refuses. */
export type Tenants = ReturnType<typeof openTenants>;

const TIMEOUT_MS = 30_000;
const settings = { timeZone: null, dialingCountry: null, ...defaultSettings() };

/** Opens the driver with so many connections of its own. */
export function openTenants(platformUrl: string, connections: number) {
  const driver = createSandbox({ databaseUrl: platformUrl, poolSize: connections });
  const limit = () => AbortSignal.timeout(TIMEOUT_MS);
  return {
    async create(tenants: readonly Tenant[]): Promise<void> {
      const calls = tenants.map((tenant) => ({
        ...callOf(tenant),
        domain: tenantDomain(tenant.containerId, tenant.number, SIP_DOMAIN),
      }));
      demand(await driver.ensureTenants(calls, limit()));
    },
    async configure(tenants: readonly Tenant[]): Promise<void> {
      const calls = tenants.map((tenant) => ({ ...callOf(tenant), settings, retroactive: false }));
      demand(await driver.configureTenants(calls, limit()));
    },
    async verify(tenants: readonly Tenant[]): Promise<void> {
      demand(await driver.observeTenants(tenants, limit())).forEach((tenant, index) => {
        const same = tenant?.customerId === tenants[index]?.customerId && isDeepStrictEqual(tenant?.settings, settings);
        if (!same || !tenant?.emergencyCalling) throw new Error('the platform differs from what was asked');
      });
    },
    async activate(tenants: readonly Tenant[]): Promise<void> {
      const calls = tenants.map((tenant) => ({ ...callOf(tenant), service: 'active' as const }));
      demand(await driver.setService(calls, limit()));
    },
    close: () => driver.close(),
  };
}

function callOf({ containerId, number, jobId, customerId }: Tenant): TenantCall {
  return { containerId, number, claimNo: 1, jobId, customerId };
}

function demand<T>(outcomes: readonly Outcome<T>[]): T[] {
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw new Error(`${outcome.fault.code}: ${outcome.fault.message}`);
    return outcome.value;
  });
}
