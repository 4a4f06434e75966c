import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCOPES } from '@qvara/contracts/clients';
import { migrateSandbox } from '@qvara/platform/sandbox-migrate';
import { migrateQueues } from '@qvara/queue/migrate';
import { migrate } from '@qvara/store/migrate';
import pg from 'pg';
import { addKeys } from '../prove/keys.ts';
import { startPostgresBox, startRedisBox } from '../prove/servers.ts';
import { type ServiceProcess, startService } from '../support/processes.ts';
import type { BackendName } from '../support/stack.ts';

export type SitePlan = {
  readonly backend: BackendName;
  /** Processes of each kind, one by default; without any it is servers only, for whoever brings its own. */
  readonly intakes?: number;
  readonly workers?: number;
  readonly env?: Record<string, string>;
};

/** The product as it would run: processes, a PostgreSQL that syncs to disk, and a Redis; nothing in between. */
export type Site = {
  readonly intakes: readonly ServiceProcess[];
  readonly workers: readonly ServiceProcess[];
  readonly ledger: pg.Pool;
  readonly ledgerUrl: string;
  readonly platformUrl: string;
  readonly redisUrl: string | null;
  /** The texts of keys of new clients with all scopes. */
  keys(count: number): Promise<string[]>;
  close(): Promise<void>;
};

const CONTAINER_SEATS = 999;

/** Starts everything in a temporary folder. */
async function startSite({ backend, intakes = 1, workers = 1, env = {} }: SitePlan): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'qvara-bench-'));
  await mkdir(join(folder, 'redis'));
  const postgres = await startPostgresBox(folder);
  const redis = backend === 'redis' ? await startRedisBox(folder) : null;
  const [ledgerUrl, platformUrl] = [postgres.database('qvara'), postgres.database('qvara_sandbox')];
  await prepare(postgres.url, ledgerUrl, platformUrl);
  const settings = {
    DATABASE_URL: ledgerUrl,
    PLATFORM_DATABASE_URL: platformUrl,
    SECRET_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'warn',
    ...(redis && { REDIS_URL: redis.url }),
    ...env,
  };
  const many = (name: 'intake' | 'worker', count: number) =>
    Promise.all(Array.from({ length: count }, () => startService(name, { env: settings })));
  const services = { intakes: await many('intake', intakes), workers: await many('worker', workers) };
  const ledger = new pg.Pool({ connectionString: ledgerUrl, max: 4 }).on('error', () => undefined);
  return {
    ...services,
    ledger,
    ledgerUrl,
    platformUrl,
    redisUrl: redis?.url ?? null,
    keys: (count) =>
      addKeys(
        ledgerUrl,
        Array.from({ length: count }, () => SCOPES),
      ),
    async close() {
      await Promise.all([...services.intakes, ...services.workers].map((service) => service.stop()));
      await ledger.end();
      await Promise.all([postgres.stop(), redis?.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a site, works with it, and takes it down whatever happens. */
export async function onSite<T>(plan: SitePlan, work: (site: Site) => Promise<T>): Promise<T> {
  const site = await startSite(plan);
  try {
    return await work(site);
  } finally {
    await site.close();
  }
}

async function prepare(serverUrl: string, ledgerUrl: string, platformUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  for (const name of ['qvara', 'qvara_sandbox']) await client.query(`create database ${name}`);
  await client.end();
  await migrate(ledgerUrl);
  await migrateQueues(ledgerUrl);
  await migrateSandbox(platformUrl);
}

/** Adds containers of full size until so many customers fit. */
export async function addSeats(site: Site, seats: number): Promise<void> {
  await site.ledger.query(
    `insert into containers (id, label, region, state, capacity)
     select (coalesce((select max(id::int) from containers), 100000) + n)::text, 'Bench ' || n, 'west', 'online', $2
     from generate_series(1, $1::int) n`,
    [Math.ceil(seats / CONTAINER_SEATS), CONTAINER_SEATS],
  );
}
