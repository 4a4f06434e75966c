import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateSandbox } from '@qvara/platform/sandbox-migrate';
import { migrateQueues } from '@qvara/queue/migrate';
import { migrate } from '@qvara/store/migrate';
import pg from 'pg';
import { startProxy, type Way } from '../support/proxy.ts';
import type { BackendName } from '../support/stack.ts';
import { startCrew } from './crew.ts';
import { type Postgres, type RedisBox, startPostgresBox, startRedisBox } from './servers.ts';
import type { Slot } from './slot.ts';

/** How long the ways hold every piece back when nothing is wrong: jobs are to be met in the middle of their steps. */
const CALM_MS = { ledger: 0, platform: 8, redis: 0 } as const;
/** Past the lease of a worker, short of the deadline of a stop. */
const BLOCK_MS = 7_500;

/** Everything that runs: servers, the ways to them, and the product as processes. */
export type World = {
  readonly backend: BackendName;
  readonly folder: string;
  readonly postgres: Postgres;
  readonly redis: RedisBox | null;
  /** The ways of the services to the ledger, to the platform's database, and to Redis. */
  readonly ways: { readonly ledger: Way; readonly platform: Way; readonly redis: Way | null };
  readonly intakes: readonly Slot[];
  readonly workers: readonly Slot[];
  readonly intakeUrls: readonly string[];
  /** Straight to the databases, past the proxies. */
  readonly ledger: pg.Pool;
  readonly platform: pg.Pool;
  readonly ledgerUrl: string;
  readonly platformUrl: string;
  /** What went on besides the plan: processes that ended by themselves, stops out of order. */
  readonly remarks: readonly string[];
  readonly close: () => Promise<void>;
};

/** Takes back whatever was done to the ways, but what is half-open. */
export function calm({ ways }: Pick<World, 'ways'>): void {
  for (const name of ['ledger', 'platform', 'redis'] as const) {
    ways[name]?.slow(CALM_MS[name]);
    ways[name]?.loseCommits(0);
  }
}

export type WorldPlan = {
  readonly backend: BackendName;
  /** Where servers keep their files; it may not be there yet. */
  readonly folder: string;
  readonly intakes: number;
  readonly workers: number;
  /** More of the services' environment. */
  readonly env?: Record<string, string>;
};

/** Starts it all in a folder, the databases migrated and empty. */
export async function startWorld(plan: WorldPlan): Promise<World> {
  const { backend, folder } = plan;
  await mkdir(join(folder, 'redis'), { recursive: true });
  const postgres = await startPostgresBox(folder);
  const redis = backend === 'redis' ? await startRedisBox(folder) : null;
  const [ledgerUrl, platformUrl] = await prepareDatabases(postgres);
  const ways = {
    ledger: await startProxy({ port: postgres.port, speaks: 'postgres' }),
    platform: await startProxy({ port: postgres.port, speaks: 'postgres' }),
    redis: redis && (await startProxy(redis)),
  };
  calm({ ways });
  const env = {
    DATABASE_URL: ways.ledger.lead(ledgerUrl),
    PLATFORM_DATABASE_URL: ways.platform.lead(platformUrl),
    SECRET_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'warn',
    FAULT_BLOCK_MS: String(BLOCK_MS),
    ...(redis && ways.redis && { REDIS_URL: ways.redis.lead(redis.url) }),
    ...plan.env,
  };
  const crew = await startCrew({ ...plan, env });
  const [ledger, platform] = [openPool(ledgerUrl), openPool(platformUrl)];
  return {
    backend,
    folder,
    postgres,
    redis,
    ways,
    ...crew,
    ledger,
    platform,
    ledgerUrl,
    platformUrl,
    async close() {
      await crew.close();
      await Promise.all([ledger.end(), platform.end()]);
      await Promise.all(Object.values(ways).map((way) => way?.close()));
      await Promise.all([postgres.stop(), redis?.stop()]);
    },
  };
}

async function prepareDatabases(postgres: Postgres): Promise<[string, string]> {
  const names = ['qvara', 'qvara_sandbox'] as const;
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  for (const name of names) await client.query(`create database ${name}`);
  await client.end();
  const [ledgerUrl, platformUrl] = [postgres.database(names[0]), postgres.database(names[1])];
  await migrate(ledgerUrl);
  await migrateQueues(ledgerUrl);
  await migrateSandbox(platformUrl);
  return [ledgerUrl, platformUrl];
}

function openPool(connectionString: string): pg.Pool {
  // A query whose server was killed at the wrong moment would else be waited for for ever.
  const limits = { connectionTimeoutMillis: 5_000, query_timeout: 30_000 };
  const pool = new pg.Pool({ connectionString, max: 4, ...limits });
  return pool.on('error', () => undefined);
}
