import type { Fault } from '@qvara/contracts/failure';
import type { Settings } from '@qvara/contracts/settings';

/** Which tenant: a container's six-digit id and the tenant's three-digit number in it, such as '100001' and '001'. */
export type TenantKey = { readonly containerId: string; readonly number: string };

/** Who asks for a change of a tenant, and with which claim: a later claim of the same job has a greater `claimNo`. */
export type TenantCall = TenantKey & {
  readonly claimNo: number;
  readonly jobId: string;
  readonly customerId: string;
};

/** `suspended`: no registrations and no outbound calls, but emergency calls. */
export type ServiceMode = 'inactive' | 'active' | 'suspended';

/** Everything a tenant is configured with. Retention is in days. */
export type TenantSettings = {
  readonly timeZone: string | null;
  readonly dialingCountry: string | null;
} & Settings;

/** A tenant as the platform has it. `settings` is null until it is configured for the first time. */
export type ObservedTenant = {
  readonly domain: string;
  readonly customerId: string;
  readonly service: ServiceMode;
  readonly settings: TenantSettings | null;
  readonly emergencyCalling: boolean;
};

/** What became of one item of a batch. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export type EnsureCall = TenantCall & { readonly domain: string };
export type ConfigureCall = TenantCall & { readonly settings: TenantSettings; readonly retroactive: boolean };
export type ServiceCall = TenantCall & { readonly service: ServiceMode };

/**
 * The code that talks to one kind of phone platform.
 *
 * Every verb takes an array and answers an array of the same length and order. An item's failure never affects its
 * neighbours. No verb throws for a fault of the platform. Every call may be repeated: what is as asked stays as it is
 * and is answered as done. An item whose outcome is not known, because of a timeout or of the signal, is answered
 * `platform-unavailable`: observe it, or ask again.
 *
 * Faults of every verb:
 * - `platform-not-ready`: the container is still starting; time mends it.
 * - `platform-unavailable`: no answer, or the signal was aborted; the work may have been done.
 * - `platform-broken`: the platform refuses this item for good.
 *
 * Faults of the verbs that change something, which then change nothing at all:
 * - `stale-claim`: a greater `claimNo` was seen for this tenant. Removed tenants are remembered for this.
 * - `tenant-mismatch`: the tenant is not there, or is not this customer's.
 */
export type Driver = {
  readonly name: string;
  /** Whether the platform itself refuses calls with an older claim number than the greatest it has seen for the tenant. */
  readonly fences: boolean;
  /**
   * Creates tenants with their SIP domain, inactive, without settings. A living tenant of the same customer stays as it
   * is; one of another customer, or with another domain, is a `tenant-mismatch`. A removed tenant comes back, empty,
   * only for a claim greater than the one that removed it.
   */
  ensureTenants(calls: readonly EnsureCall[], signal: AbortSignal): Promise<readonly Outcome<null>[]>;
  /**
   * Replaces all settings of tenants. `retroactive` applies the retention periods to what is stored already, once for
   * each job; otherwise they hold from now on.
   */
  configureTenants(calls: readonly ConfigureCall[], signal: AbortSignal): Promise<readonly Outcome<null>[]>;
  /** Switches service. No state of service ever switches emergency calling off. */
  setService(calls: readonly ServiceCall[], signal: AbortSignal): Promise<readonly Outcome<null>[]>;
  /** Reads tenants back; null for one that is not there or was removed. Changes nothing and knows no claims. */
  observeTenants(keys: readonly TenantKey[], signal: AbortSignal): Promise<readonly Outcome<ObservedTenant | null>[]>;
  /**
   * Removes tenants with all that is theirs and remembers the claim, also of a tenant that never was: so a late call of
   * an older run cannot bring it back. Removing what is not there is done; another customer's is a `tenant-mismatch`.
   */
  removeTenants(calls: readonly TenantCall[], signal: AbortSignal): Promise<readonly Outcome<null>[]>;
  /** Closes connections. No verb may be called afterwards. */
  close(): Promise<void>;
};

export type Verb = Exclude<keyof Driver, 'name' | 'fences' | 'close'>;
