import { subnets } from '@qvara/outbound/setting';
import { type Environment, loadConfig } from '@qvara/runtime/config';
import { logLevel, port, positiveInteger, secretKeys, url } from '@qvara/runtime/fields';
import { z } from 'zod';

const settings = z.object({
  DATABASE_URL: url('postgres', 'postgresql'),
  REDIS_URL: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  INTAKE_PORT: port.default(4000),
  SECRET_KEY: secretKeys,
  SIP_DOMAIN: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'is not a domain name')
    .describe('a domain name in lower case, such as sip.example.com')
    .default('sip.qvara.test'),
  TENANT_NUMBER_QUARANTINE_DAYS: positiveInteger.default(30),
  CLIENT_WINDOW: positiveInteger.default(1000),
  RATE_LIMIT: positiveInteger.optional(),
  WEBHOOK_ALLOW: subnets,
  LOG_LEVEL: logLevel.default('info'),
});

export type IntakeConfig = Readonly<z.output<typeof settings>>;

/** The settings of intake. Throws ConfigError naming every one that does not fit. */
export function loadIntakeConfig(env: Environment): IntakeConfig {
  return loadConfig(settings, env);
}
