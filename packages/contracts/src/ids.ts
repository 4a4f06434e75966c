import { z } from 'zod';

/** Every prefix an id may carry, by what it names. The rest of an id is 26 characters, time-ordered (TypeID). */
export const ID_PREFIXES = {
  job: 'job',
  customer: 'cus',
  site: 'sit',
  client: 'cli',
  key: 'key',
  webhook: 'whk',
  delivery: 'dlv',
  import: 'imp',
} as const;

export type IdPrefix = (typeof ID_PREFIXES)[keyof typeof ID_PREFIXES];

const suffix = '[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}';

function idSchema(noun: keyof typeof ID_PREFIXES) {
  const prefix = ID_PREFIXES[noun];
  return z
    .string()
    .regex(new RegExp(`^${prefix}_${suffix}$`), `must be a ${noun}'s id: ${prefix}_ and 26 characters`)
    .meta({ example: `${prefix}_01k9zv6n3fe8prx2k1w3q4t5y6` });
}

export const jobId = idSchema('job');
export const customerId = idSchema('customer');
export const siteId = idSchema('site');
export const clientId = idSchema('client');
export const keyId = idSchema('key');
export const webhookId = idSchema('webhook');
export const deliveryId = idSchema('delivery');
export const importId = idSchema('import');

/** A container's id: six digits, 100000 to 999999. */
export const containerId = z
  .string()
  .regex(/^[1-9][0-9]{5}$/, 'must be a container id: six digits, 100000 to 999999')
  .meta({ example: '100001' });

/** A tenant's number within its container: three digits, never 000 (the container's own default tenant). */
export const tenantNumber = z
  .string()
  .regex(/^(?!000)[0-9]{3}$/, 'must be a tenant number: three digits, 001 to 999')
  .meta({ example: '001' });

/** The SIP domain of a tenant: `t001.c100001.<suffix>`. */
export function tenantDomain(container: string, number: string, suffix: string): string {
  return `t${number}.c${container}.${suffix}`;
}
