import { parseArgs } from 'node:util';
import { loadMigrateConfig, type MigrateConfig } from './config.ts';
import { migrateAll } from './databases.ts';
import { seedOnce } from './seed.ts';

const help = `Usage: npx pnpm@12 migrate [--first-key FILE] [--help]

Brings the databases of a production set-up to this version. Run it before the new services start; running it again,
or twice at once, changes nothing. The settings come from the environment:

  DATABASE_URL           the ledger (required)
  REDIS_URL              where the queues are; without it they are kept, and migrated, beside the ledger
  PLATFORM               which phone platform (default: sandbox)
  PLATFORM_DATABASE_URL  the sandbox's own database (required when the platform is the sandbox)

  --first-key FILE       when the ledger has no key yet, make the client "local" and write a key of all scopes to FILE
                         (mode 0600): with it, make clients and keys over HTTP

Example: DATABASE_URL=postgresql://qvara@db/qvara PLATFORM_DATABASE_URL=postgresql://qvara@db/qvara_sandbox \\
         npx pnpm@12 migrate --first-key ./api-key

"npx pnpm@12 start" migrates by itself.
`;

try {
  const { values } = parseArgs({ options: { 'first-key': { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) console.log(help);
  else await migrateFrom(loadMigrateConfig(), values['first-key']);
} catch (error) {
  console.error(`${(error as Error).message}\nSee: npx pnpm@12 migrate --help`);
  process.exitCode = 1;
}

async function migrateFrom(config: MigrateConfig, keyFile: string | undefined): Promise<void> {
  const { DATABASE_URL, REDIS_URL, PLATFORM, PLATFORM_DATABASE_URL } = config;
  const sandboxUrl = PLATFORM === 'sandbox' ? PLATFORM_DATABASE_URL : undefined;
  await migrateAll({ ledgerUrl: DATABASE_URL, queuesOnPostgres: !REDIS_URL, sandboxUrl });
  const done = ['ledger', ...(REDIS_URL ? [] : ['queues']), ...(sandboxUrl ? ['sandbox'] : [])];
  console.log(`Up to date: ${done.join(', ')}.`);
  if (keyFile === undefined) return;
  const there = await seedOnce({ databaseUrl: DATABASE_URL, keyFile, containers: 0 });
  console.log(there ? `The first key is in ${keyFile}.` : `The ledger has keys already; ${keyFile} was not written.`);
}
