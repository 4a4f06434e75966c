import { migrateSandbox } from '@qvara/platform/sandbox-migrate';
import { migrateQueues } from '@qvara/queue/migrate';
import { migrate } from '@qvara/store/migrate';
import type { StandaloneConfig } from './config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';

/** The addresses the services work with, and the server behind them if it is ours. */
export type Databases = { ledgerUrl: string; platformUrl?: string; embedded?: EmbeddedPostgres };

/** Starts the embedded PostgreSQL for the databases whose address is not given. */
export async function openDatabases(config: StandaloneConfig, folder: string): Promise<Databases> {
  const { DATABASE_URL, PLATFORM_DATABASE_URL } = config;
  const needsPlatform = config.PLATFORM === 'sandbox' && !PLATFORM_DATABASE_URL;
  if (DATABASE_URL && !needsPlatform) {
    return { ledgerUrl: DATABASE_URL, ...(PLATFORM_DATABASE_URL && { platformUrl: PLATFORM_DATABASE_URL }) };
  }
  const embedded = await startEmbeddedPostgres({ folder });
  if (!DATABASE_URL) await embedded.ensureDatabase('qvara');
  if (needsPlatform) await embedded.ensureDatabase('qvara_sandbox');
  const platformUrl = needsPlatform ? embedded.url('qvara_sandbox') : PLATFORM_DATABASE_URL;
  return { ledgerUrl: DATABASE_URL ?? embedded.url('qvara'), ...(platformUrl && { platformUrl }), embedded };
}

/** What to migrate: the ledger always, the queues without Redis, the platform's database when it is the sandbox. */
export type Migrations = { ledgerUrl: string; queuesOnPostgres: boolean; sandboxUrl?: string | undefined };

/** Brings every database up to date; safe to repeat and to run while the services work. */
export async function migrateAll({ ledgerUrl, queuesOnPostgres, sandboxUrl }: Migrations): Promise<void> {
  await migrate(ledgerUrl);
  if (queuesOnPostgres) await migrateQueues(ledgerUrl);
  if (sandboxUrl) await migrateSandbox(sandboxUrl);
}
