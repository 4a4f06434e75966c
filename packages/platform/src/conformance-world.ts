import { tenantDomain } from '@qvara/contracts/ids';
import { defaultSettings } from '@qvara/domain/settings';
import type { Driver, ObservedTenant, Outcome, TenantCall, TenantSettings } from './driver.ts';

/** The part of an assertion library that the suite needs. */
export type Expect = (actual: unknown) => { toEqual(expected: unknown): void };

/** What a proof of the suite works on: a driver and an online container in which nobody else is. */
export type World = { readonly driver: Driver; readonly containerId: string; readonly expect: Expect };

/** A promise of the suite and what shows that it is kept. */
export type Proofs = Readonly<Record<string, (world: World) => Promise<void>>>;

/** A signal that never aborts. */
export const unhurried = (): AbortSignal => new AbortController().signal;

export const OK: Outcome<null> = { ok: true, value: null };

const ALPHA = 'cus_01k9zv6n3fe8prx2k1w3q4aaaa';
/** Another customer than the one of `callFor`. */
export const BETA = 'cus_01k9zv6n3fe8prx2k1w3q4bbbb';
const JOB = 'job_01k9zv6n3fe8prx2k1w3q4aaaa';

// Greater than all that an earlier run may have left in a container that is used again.
const FIRST_CLAIM = Date.now() * 10;

/** A call for tenant `n` of the world's container with its `claim`-th claim. */
export function callFor({ containerId }: World, n: number, claim: number): TenantCall & { readonly domain: string } {
  const number = String(n).padStart(3, '0');
  const domain = tenantDomain(containerId, number, 'sip.test');
  return { containerId, number, domain, claimNo: FIRST_CLAIM + claim, jobId: JOB, customerId: ALPHA };
}

/** Settings that differ from the defaults in the retention of faxes, in days. */
export function settingsWith(fax: number): TenantSettings {
  const { retention, transcription } = defaultSettings();
  return { timeZone: 'America/Denver', dialingCountry: 'US', retention: { ...retention, fax }, transcription };
}

/** The codes of the faults in an answer, null for what was done. */
export function codesOf(outcomes: readonly Outcome<unknown>[]): (string | null)[] {
  return outcomes.map((outcome) => (outcome.ok ? null : outcome.fault.code));
}

/** One tenant as the platform has it. Fails when the platform cannot tell. */
export async function observe(world: World, n: number): Promise<ObservedTenant | null> {
  const [outcome] = await world.driver.observeTenants([callFor(world, n, 1)], unhurried());
  world.expect(outcome?.ok).toEqual(true);
  return outcome?.ok ? outcome.value : null;
}

/** Makes tenant `n` with its first claim, configured and active. */
export async function activate(world: World, n: number): Promise<void> {
  const { driver, expect } = world;
  const call = callFor(world, n, 1);
  expect(await driver.ensureTenants([call], unhurried())).toEqual([OK]);
  const configured = { ...call, settings: settingsWith(30), retroactive: false };
  expect(await driver.configureTenants([configured], unhurried())).toEqual([OK]);
  expect(await driver.setService([{ ...call, service: 'active' }], unhurried())).toEqual([OK]);
}
