import { subnets } from '@qvara/outbound/setting';
import { loadConfig } from '@qvara/runtime/config';
import { logLevel, port, positiveInteger, secretKeys, url } from '@qvara/runtime/fields';
import { z } from 'zod';

const schema = z.object({
  DATABASE_URL: url('postgres', 'postgresql').describe('the ledger: postgresql://user:password@host:5432/database'),
  REDIS_URL: z
    .string()
    .optional()
    .describe('redis://, rediss://, redis+sentinel:// or a comma list; none: queues on PostgreSQL'),
  SECRET_KEY: secretKeys,
  PLATFORM: z.string().default('sandbox').describe('the name of a driver'),
  PLATFORM_DATABASE_URL: url('postgres', 'postgresql').describe("the sandbox platform's own database"),
  HOST: z.string().default('127.0.0.1'),
  WORKER_PORT: port.default(4002),
  WORKER_CONCURRENCY: positiveInteger.default(512).describe('how many jobs of a queue run at once in this process'),
  WORKER_SHARED_CONCURRENCY: positiveInteger
    .default(6)
    .describe('how many of them clients with a backlog get while others have little to do'),
  SIP_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]{1,200}$/, 'is not a domain name')
    .default('sip.qvara.test'),
  TENANT_NUMBER_QUARANTINE_DAYS: z
    .string()
    .regex(/^[0-9]{1,4}$/, 'is not a number of days')
    .transform(Number)
    .default(30),
  EVENT_RETENTION_DAYS: positiveInteger.default(90).describe('how long events are kept at least'),
  CLIENT_WINDOW: positiveInteger.default(1000),
  WEBHOOK_ALLOW: subnets,
  LOG_LEVEL: logLevel.default('info'),
});

/** The settings of the worker. Throws ConfigError with every problem at once. */
export function loadWorkerConfig(env: Readonly<Record<string, string | undefined>>) {
  return loadConfig(schema, env);
}

export type WorkerConfig = ReturnType<typeof loadWorkerConfig>;
