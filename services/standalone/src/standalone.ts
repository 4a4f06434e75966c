import type { Environment } from '@qvara/runtime/config';
import { type BannerFacts, renderBanner } from './banner.ts';
import { type Child, startChild } from './children.ts';
import type { StandaloneConfig } from './config.ts';
import type { DataFolder } from './data-folder.ts';
import { type Databases, migrateAll, openDatabases } from './databases.ts';
import { ensureSecretKey } from './secrets.ts';
import { seedOnce } from './seed.ts';

const stopPatienceMs = 15_000;

/** Everything that has been started so far, so that a stop in the middle of a start finds it too. */
export type Standalone = { children: Child[]; databases?: Databases; folder?: DataFolder };

/**
 * Brings up the databases while the services load, then the services; answers the banner. What it has started is in
 * `standalone` at any moment.
 */
export async function startAll(standalone: Standalone, { config, env, folder }: Given): Promise<string> {
  const [intake, worker, pages] = startChildren(standalone, env);
  const databases = await openDatabases(config, folder.file('postgres'));
  standalone.databases = databases;
  const { ledgerUrl, platformUrl } = databases;
  const sandboxUrl = config.PLATFORM === 'sandbox' ? platformUrl : undefined;
  await migrateAll({ ledgerUrl, queuesOnPostgres: !config.REDIS_URL, sandboxUrl });
  const keyFile = folder.file('api-key');
  const hasKey = await seedOnce({ databaseUrl: ledgerUrl, keyFile, containers: config.PLATFORM === 'sandbox' ? 3 : 0 });
  const ports = await serve(
    { intake, worker, pages },
    {
      ...env,
      HOST: config.HOST,
      PLATFORM: config.PLATFORM,
      INTAKE_PORT: String(config.INTAKE_PORT),
      WORKER_PORT: String(config.WORKER_PORT),
      CONSOLE_PORT: String(config.CONSOLE_PORT),
      DATA_DIR: folder.path,
      DATABASE_URL: ledgerUrl,
      PLATFORM_DATABASE_URL: platformUrl,
      SECRET_KEY: config.SECRET_KEY ? env.SECRET_KEY : ensureSecretKey(folder.file('secret-key')),
    },
  );
  return renderBanner({ host: config.HOST, ports, keyFile, hasKey, dataFolder: folder.path });
}

/** Resolves with the reason when something ends that should not. */
export function firstEnd({ children, databases }: Standalone): Promise<string> {
  const { embedded } = databases ?? {};
  const ends = children.map((child) => child.ended);
  if (embedded) ends.push(embedded.exited.then(() => `PostgreSQL ended; its log: ${embedded.logFile}`));
  return Promise.race(ends);
}

/** Stops console, intake, worker, then PostgreSQL. `hurried`: the services are killed, the ledger keeps what they owe. */
export async function stopAll({ children, databases, folder }: Standalone, hurried: Promise<void>): Promise<void> {
  void hurried.then(() => Promise.all(children.map((child) => child.stop(0))));
  for (const name of ['console', 'intake', 'worker'] as const) {
    await children.find((child) => child.name === name)?.stop(stopPatienceMs);
  }
  await databases?.embedded?.stop();
  folder?.release();
}

type Given = { config: StandaloneConfig; env: Environment; folder: DataFolder };

function startChildren(standalone: Standalone, env: Environment) {
  const children = [startChild('intake', env), startChild('worker', env), startChild('console', env)] as const;
  standalone.children.push(...children);
  return children;
}

type Services = { readonly intake: Child; readonly worker: Child; readonly pages: Child };

async function serve({ intake, worker, pages }: Services, env: Environment): Promise<BannerFacts['ports']> {
  const [atIntake, atWorker] = [intake.serve(env), worker.serve(env)];
  // Only then is its real port known, which the console needs.
  const INTAKE_PORT = env.INTAKE_PORT === '0' ? String(await atIntake) : env.INTAKE_PORT;
  const atPages = pages.serve({ ...env, INTAKE_PORT });
  const [intakePort, workerPort, consolePort] = await Promise.all([atIntake, atWorker, atPages]);
  return { intake: intakePort, worker: workerPort, console: consolePort };
}
