import { parseArgs } from 'node:util';
import { loadMigrateConfig, type MigrateConfig } from './config.ts';
import { migrateAll } from './databases.ts';

const help = `Usage: npx pnpm@12 migrate [--help]

Brings the databases of a production set-up to this version. Run it before the new services start; running it again,
or twice at once, changes nothing. The settings come from the environment:

  DATABASE_URL           the ledger (required)
  REDIS_URL              where the queues are; without it they are kept, and migrated, beside the ledger
  PLATFORM               which phone platform (default: sandbox)
  PLATFORM_DATABASE_URL  the sandbox's own database (required when the platform is the sandbox)

"npx pnpm@12 start" migrates by itself.
`;

try {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) console.log(help);
  else await migrateFrom(loadMigrateConfig());
} catch (error) {
  console.error(`${(error as Error).message}\nSee: npx pnpm@12 migrate --help`);
  process.exitCode = 1;
}

async function migrateFrom(config: MigrateConfig): Promise<void> {
  const { DATABASE_URL, REDIS_URL, PLATFORM, PLATFORM_DATABASE_URL } = config;
  const sandboxUrl = PLATFORM === 'sandbox' ? PLATFORM_DATABASE_URL : undefined;
  await migrateAll({ ledgerUrl: DATABASE_URL, queuesOnPostgres: !REDIS_URL, sandboxUrl });
  const done = ['ledger', ...(REDIS_URL ? [] : ['queues']), ...(sandboxUrl ? ['sandbox'] : [])];
  console.log(`Up to date: ${done.join(', ')}.`);
}
