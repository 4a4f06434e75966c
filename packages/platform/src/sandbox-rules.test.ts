import { defaultSettings } from '@qvara/domain/settings';
import { describe, expect, it } from 'vitest';
import { judge, type SandboxCall, type Tenant } from './sandbox-rules.ts';

const asked = { containerId: '100001', number: '001', claimNo: 5, jobId: 'job_a', customerId: 'cus_a' };
const settings = { timeZone: null, dialingCountry: 'US', ...defaultSettings() };
const living: Tenant = {
  ...{
    customerId: 'cus_a',
    domain: 'd',
    service: 'active',
    settings,
    retroactiveJobId: null,
    claimNo: 5,
    removed: false,
  },
};
const effectOf = (call: SandboxCall, held: Tenant | null) => {
  const verdict = judge(call, held);
  return verdict.fault ? verdict.fault.code : verdict.effect;
};

describe('the rules of the sandbox', () => {
  it('settings that are the same are no effect, whatever the order of their fields', () => {
    const { retention, ...rest } = settings;
    const call = { ...asked, verb: 'configureTenants', settings: { retention, ...rest }, retroactive: false } as const;
    expect(effectOf(call, living)).toBeNull();
  });

  it('retention is applied to what is stored once for each job', () => {
    const call = { ...asked, verb: 'configureTenants', settings, retroactive: true } as const;
    expect(effectOf(call, living)).toEqual({ effect: 'configured', value: 'retroactive' });
    expect(effectOf(call, { ...living, retroactiveJobId: 'job_a' })).toBeNull();
    expect(effectOf(call, { ...living, retroactiveJobId: 'job_b' })).toEqual({
      effect: 'configured',
      value: 'retroactive',
    });
  });

  it('a living tenant keeps its SIP domain', () => {
    expect(effectOf({ ...asked, verb: 'ensureTenants', domain: 'other' }, living)).toBe('tenant-mismatch');
    expect(effectOf({ ...asked, verb: 'ensureTenants', domain: 'd' }, living)).toBeNull();
  });

  it('an accepted call raises the claim, an older one is refused', () => {
    const call = { ...asked, verb: 'setService', service: 'active', claimNo: 6 } as const;
    expect(judge(call, living)).toMatchObject({ next: { claimNo: 6 }, effect: null });
    expect(effectOf(call, { ...living, claimNo: 7 })).toBe('stale-claim');
  });

  it('the claim that removed a tenant cannot create it again, a later one can', () => {
    const tomb = { ...living, removed: true, domain: null };
    expect(effectOf({ ...asked, verb: 'ensureTenants', domain: 'd' }, tomb)).toBe('stale-claim');
    expect(effectOf({ ...asked, verb: 'ensureTenants', domain: 'd', claimNo: 6 }, tomb)).toMatchObject({
      effect: 'created',
    });
  });
});
