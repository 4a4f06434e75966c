import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { chooseServerAccount, giveTo, type ServerAccount, systemEnvironment } from './server-account.ts';

/** A data folder that is ready to be served. */
export type PostgresFolder = { folder: string; password: string; account: ServerAccount };

type Programs = { folder: string; initdb: string; postgres: string };

/** The name of the settings file within the data folder; written anew at every start. */
const settingsFile = 'qvara.conf';

/**
 * Makes the data folder where there is none, its superuser's password beside it (mode 0600), and hands both to the
 * account that will serve them. A folder made before keeps its data.
 */
export async function preparePostgresFolder({ folder, initdb, postgres }: Programs): Promise<PostgresFolder> {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const account = chooseServerAccount(folder, postgres);
  const passwordFile = `${folder}.password`;
  if (!existsSync(join(folder, 'PG_VERSION'))) {
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    giveTo(account, passwordFile);
    await initialise({ folder, passwordFile, account, initdb });
  }
  giveTo(account, folder);
  return { folder, password: readPassword(passwordFile, folder), account };
}

/** Writes the server's settings into its folder: a file needs no quoting by a shell. */
export function writeSettings({ folder, account }: PostgresFolder, settings: Record<string, string>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  const file = join(folder, settingsFile);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  giveTo(account, file);
}

type Initialisation = { folder: string; passwordFile: string; account: ServerAccount; initdb: string };

/** Under another name first: a folder whose making was interrupted must not pass for a finished one. */
async function initialise({ folder, passwordFile, account, initdb }: Initialisation): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  giveTo(account, unfinished);
  const [command = initdb, ...args] = [
    ...account.prefix,
    initdb,
    `--pgdata=${unfinished}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  await promisify(execFile)(command, args, { ...account.owner, cwd: '/', env: systemEnvironment }).catch((cause) => {
    throw new Error(`The embedded database could not be made in ${folder}: ${cause.stderr || cause.message}`, {
      cause,
    });
  });
  const configuration = join(unfinished, 'postgresql.conf');
  writeFileSync(configuration, `include_if_exists = '${settingsFile}'\n`, { flag: 'a' });
  renameSync(unfinished, folder);
}

function readPassword(file: string, folder: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Error(
      `${file} is missing: it opens the database in ${folder}. Put it back, or remove the folder to start empty.`,
      {
        cause,
      },
    );
  }
}
