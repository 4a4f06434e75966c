import { type Environment, loadConfig } from '@qvara/runtime/config';
import { logLevel, port, secretKeys, url } from '@qvara/runtime/fields';
import { z } from 'zod';

const ANY_ADDRESS = ['0.0.0.0', '::'];

const proxyCount = z
  .string()
  .regex(/^[0-9]$/, 'is not a number from 0 to 9')
  .transform(Number)
  .describe('the number of reverse proxies in front, each adding to X-Forwarded-For and setting X-Forwarded-Proto');

const consoleConfig = z.object({
  DATABASE_URL: url('postgres', 'postgresql'),
  REDIS_URL: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  CONSOLE_PORT: port.default(4001),
  INTAKE_PORT: port.default(4000),
  INTAKE_URL: url('http', 'https').optional(),
  SECRET_KEY: secretKeys,
  TRUST_PROXY: proxyCount.default(0),
  LOG_LEVEL: logLevel.default('info'),
});

export type ConsoleConfig = Readonly<z.infer<typeof consoleConfig>>;

/** Reads the settings from the environment; throws ConfigError with all problems at once. */
export function loadConsoleConfig(env: Environment = process.env): ConsoleConfig {
  return loadConfig(consoleConfig, env);
}

/** Where the browser finds the documentation of the API; undefined when the settings do not say. */
export function docsUrl({ INTAKE_URL, HOST, INTAKE_PORT }: ConsoleConfig): string | undefined {
  if (INTAKE_URL !== undefined) return new URL('/docs', INTAKE_URL).href;
  if (INTAKE_PORT === 0 || ANY_ADDRESS.includes(HOST)) return undefined;
  return `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${INTAKE_PORT}/docs`;
}
