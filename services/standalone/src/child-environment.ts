import type { Environment } from '@qvara/runtime/config';

/** What every process may need from the machine. */
const machine = [
  'PATH',
  'NODE_COMPILE_CACHE',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'TERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
];
const shared = [
  'DATABASE_URL',
  'DATABASE_REPLICA_URL',
  'REDIS_URL',
  'SECRET_KEY',
  'HOST',
  'DATA_DIR',
  'LOG_LEVEL',
  'CLIENT_WINDOW',
  'SIP_DOMAIN',
  'TENANT_NUMBER_QUARANTINE_DAYS',
];

/** The settings each service gets, and no others: a secret is known to those who use it. */
const settings = {
  intake: [...shared, 'INTAKE_PORT', 'RATE_LIMIT', 'WEBHOOK_ALLOW'],
  worker: [
    ...shared,
    'WORKER_PORT',
    'WORKER_CONCURRENCY',
    'WORKER_SHARED_CONCURRENCY',
    'EVENT_RETENTION_DAYS',
    'WEBHOOK_ALLOW',
    'PLATFORM',
  ],
  console: [...shared, 'CONSOLE_PORT', 'INTAKE_PORT', 'INTAKE_URL', 'TRUST_PROXY'],
} as const;

/** A service that standalone runs. */
export type ServiceName = keyof typeof settings;

/** Picks from `env` what every process needs of the machine. No secret is in it. */
export function machineEnvironment(env: Environment): Record<string, string> {
  const wanted = new Set<string>(machine);
  return pick(env, (name) => wanted.has(name));
}

/** Picks from `env` the settings of the service. Those of the platform's driver begin with PLATFORM_. */
export function pickEnvironment(service: ServiceName, env: Environment): Record<string, string> {
  const wanted = new Set<string>(settings[service]);
  return pick(env, (name) => wanted.has(name) || (service === 'worker' && name.startsWith('PLATFORM_')));
}

function pick(env: Environment, isWanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => isWanted(entry[0]) && Boolean(entry[1])),
  );
}
