import { loadConfig } from '@qvara/runtime/config';
import { logLevel, port, positiveInteger, secretKeys, url } from '@qvara/runtime/fields';
import { z } from 'zod';

const postgresUrl = url('postgres', 'postgresql');

/** What standalone itself reads; the rest of the services' settings it hands on as they are. */
const standaloneConfig = z.object({
  DATA_DIR: z.string().default('.data'),
  HOST: z.string().default('127.0.0.1'),
  INTAKE_PORT: port.default(4000),
  CONSOLE_PORT: port.default(4001),
  WORKER_PORT: port.default(4002),
  DATABASE_URL: postgresUrl.optional(),
  REDIS_URL: z.string().optional(),
  SECRET_KEY: secretKeys.optional(),
  CLIENT_WINDOW: positiveInteger.optional(),
  RATE_LIMIT: positiveInteger.optional(),
  LOG_LEVEL: logLevel.optional(),
  PLATFORM: z.string().default('sandbox'),
  PLATFORM_DATABASE_URL: postgresUrl.optional(),
});

export type StandaloneConfig = z.infer<typeof standaloneConfig>;

/** Reads them from the environment; throws with all problems at once. */
export const loadStandaloneConfig = (): StandaloneConfig => loadConfig(standaloneConfig, process.env);

/** What the migrate command reads. */
const migrateConfig = z
  .object({
    DATABASE_URL: postgresUrl,
    REDIS_URL: z.string().optional(),
    PLATFORM: z.string().default('sandbox'),
    PLATFORM_DATABASE_URL: postgresUrl.optional(),
  })
  .refine(({ PLATFORM, PLATFORM_DATABASE_URL }) => PLATFORM !== 'sandbox' || PLATFORM_DATABASE_URL !== undefined, {
    path: ['PLATFORM_DATABASE_URL'],
    message: 'is required: the sandbox platform keeps its tenants in a database of its own',
  });

export type MigrateConfig = z.infer<typeof migrateConfig>;

/** Reads them from the environment; throws with all problems at once. */
export const loadMigrateConfig = (): MigrateConfig => loadConfig(migrateConfig, process.env);
