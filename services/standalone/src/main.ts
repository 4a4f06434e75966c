import { loadStandaloneConfig } from './config.ts';
import { claimDataFolder } from './data-folder.ts';
import { refuseTakenPorts } from './ports.ts';
import { firstEnd, type Standalone, startAll, stopAll } from './standalone.ts';
import { listenForStop } from './stop-request.ts';

const { asked, hurried } = listenForStop();
const standalone: Standalone = { children: [] };
// A closed terminal takes our output away; the stop must still come to its end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const failure = await run().catch((error: Error) => error.message);
if (failure) console.error(`\n${failure}\n`);
else console.log('\nStopping ...');
await stopAll(standalone, hurried);
process.exit(failure ? 1 : 0);

/** Answers what went wrong, or nothing when a stop was asked for. */
async function run(): Promise<string | undefined> {
  const config = loadStandaloneConfig();
  const folder = claimDataFolder(config.DATA_DIR);
  standalone.folder = folder;
  await refuseTakenPorts(config);
  const started = startAll(standalone, { config, env: process.env, folder });
  const banner = await Promise.race([started, asked]);
  if (!banner) return undefined;
  console.log(banner);
  return (await Promise.race([firstEnd(standalone), asked])) ?? undefined;
}
