import { z } from 'zod';
import { COUNTRIES } from './countries.ts';
import { containerId, customerId, siteId, tenantNumber } from './ids.ts';
import { settings } from './settings.ts';
import { code, line, reference } from './text.ts';
import { isTimeZone } from './time-zones.ts';

export const SERVICE_STATUSES = ['pending', 'active', 'suspended', 'disconnected'] as const;
export const serviceStatus = z.enum(SERVICE_STATUSES);
export type ServiceStatus = z.infer<typeof serviceStatus>;

export const name = line(200).meta({ example: 'ABC Dental' });
export const externalRef = reference(200).meta({ example: 'crm-42' });
export const region = code.meta({ example: 'us-west' });
export const tags = z
  .array(line(64))
  .max(50)
  .refine((list) => new Set(list).size === list.length, 'must not name a tag twice')
  .meta({ example: ['west'] });
export const timeZone = z
  .string()
  .refine(isTimeZone, 'must be an IANA time zone, such as America/Los_Angeles')
  .meta({ example: 'America/Los_Angeles' });
export const dialingCountry = z
  .string()
  .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 alpha-2 code in capitals, such as US')
  .refine((country) => COUNTRIES.has(country), 'must be a country of ISO 3166')
  .meta({ example: 'US' });
export const serviceType = code.meta({ example: 'hosted-pbx' });
export const industry = code.meta({ example: 'dental' });

const at = z.iso.datetime();

export const suspension = z.strictObject({ holder: z.string(), reason: z.string(), since: at });

/** A customer as the interface answers it. */
export const customer = z.strictObject({
  id: customerId,
  version: z.int(),
  name: z.string(),
  serviceType: z.string(),
  industry: z.string(),
  externalRef: z.string().nullable(),
  tags: z.array(z.string()),
  timeZone: z.string().nullable(),
  dialingCountry: z.string().nullable(),
  region: z.string().nullable(),
  serviceStatus,
  suspensions: z.array(suspension),
  settings,
  portingPin: z.strictObject({ set: z.boolean(), generatedAt: at.nullable() }),
  container: z.strictObject({ id: containerId, label: z.string(), region: z.string() }).nullable(),
  tenant: z
    .strictObject({
      number: tenantNumber,
      domain: z.string(),
      state: z.enum(['reserved', 'inactive', 'active', 'suspended']),
    })
    .nullable(),
  sites: z.array(z.strictObject({ id: siteId, name: z.string() })),
  createdAt: at,
  updatedAt: at,
});
export type CustomerAnswer = z.infer<typeof customer>;
