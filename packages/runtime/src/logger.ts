import { type DestinationStream, type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { LOG_LEVELS } from './fields.ts';
import { scrub } from './scrub.ts';

export type { Logger } from 'pino';
export type LogLevel = (typeof LOG_LEVELS)[number];

const SECRET_NAMES = [
  'authorization',
  'Authorization',
  'cookie',
  'key',
  'keys',
  'apiKey',
  'secret',
  'secrets',
  'secretKeys',
  'password',
  'token',
  'pin',
  'portingPin',
  'databaseUrl',
  'redisUrl',
  'SECRET_KEY',
  'DATABASE_URL',
  'DATABASE_REPLICA_URL',
  'PLATFORM_DATABASE_URL',
  'REDIS_URL',
];
const HEADERS = ['["set-cookie"]', '["idempotency-key"]'];
const DEPTHS = ['', '*', '*.*', '*.*.*'];
const CAUSES = 3;

/**
 * A logger that writes JSON lines to standard output, or readable ones on a terminal. Secrets are hidden by the name of
 * their field, four levels deep, and by their form anywhere; of an error only name, message, code, stack and cause show.
 */
export function createLogger(options: {
  readonly name: string;
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
}): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    redact: { paths: secretPaths(), censor: '***' },
    serializers: { err: describeError, error: describeError },
    hooks: { streamWrite: scrub },
  };
  return pino(settings, options.destination ?? standardOutput());
}

function standardOutput(): DestinationStream {
  return process.stdout.isTTY ? PinoPretty({ sync: true }) : pino.destination({ fd: 1, sync: true });
}

function secretPaths(): string[] {
  return DEPTHS.flatMap((depth) => [
    ...SECRET_NAMES.map((name) => (depth === '' ? name : `${depth}.${name}`)),
    ...HEADERS.map((header) => `${depth}${header}`),
  ]);
}

/** Database errors carry whole rows in further fields: nothing but what is named here may pass. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  const parts = error instanceof AggregateError ? error.errors.slice(0, CAUSES) : [];
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: error.stack,
    ...(error.cause !== undefined && depth < CAUSES ? { cause: describeError(error.cause, depth + 1) } : {}),
    ...(parts.length > 0 && depth < CAUSES ? { errors: parts.map((part) => describeError(part, depth + 1)) } : {}),
  };
}
