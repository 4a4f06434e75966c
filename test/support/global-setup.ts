import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateSandbox } from '@qvara/platform/sandbox-migrate';
import { migrateQueues } from '@qvara/queue/migrate';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@qvara/standalone/embedded-postgres';
import { migrate } from '@qvara/store/migrate';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { templates } from './provided.ts';
import { startRedis } from './redis-server.ts';

/** Starts the real servers once per run; watchdogs stop them when the run is killed. Answers the teardown. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  project.provide('postgresUrl', postgres.url('postgres'));
  project.provide('redisUrl', redis.url);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
  };
}

async function startPostgres(): Promise<EmbeddedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'qvara-postgres-'));
  const postgres = await startEmbeddedPostgres({
    folder: join(folder, 'data'),
    durable: false,
    removeAfterwards: folder,
  });
  await postgres.ensureDatabase(templates.ledger);
  await postgres.ensureDatabase(templates.sandbox);
  const ledgerUrl = postgres.url(templates.ledger);
  await Promise.all([
    migrate(ledgerUrl).then(() => migrateQueues(ledgerUrl)),
    migrateSandbox(postgres.url(templates.sandbox)),
  ]);
  await seal(postgres.url('postgres'));
  return postgres;
}

/** A database is copied only while nobody is connected to it. */
async function seal(serverUrl: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  for (const name of Object.values(templates)) {
    await client.query(`alter database ${name} with is_template true allow_connections false`);
  }
  await client.end();
}
