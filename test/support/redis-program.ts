import { accessSync, constants, existsSync, globSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackRedis } from './redis-package.ts';

/** A program to run as Redis, and the environment it needs. */
export type RedisProgram = { command: string; env: Record<string, string> };

const names = ['redis-server', 'valkey-server'];
const cache = fileURLToPath(new URL('../../node_modules/.cache/qvara-redis', import.meta.url));

/** Finds an installed Redis or Valkey, else unpacks the distribution's package. Throws with a remedy. */
export async function findRedis(): Promise<RedisProgram> {
  const installed = findInstalled();
  if (installed) return { command: installed, env: {} };
  const folder = join(cache, process.arch);
  if (!findUnpacked(folder)) await unpackRedis(folder, names);
  const unpacked = findUnpacked(folder);
  if (!unpacked) throw new Error(`There is no Redis server in ${folder}. Remove the folder and try again.`);
  return unpacked;
}

function findInstalled(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function findUnpacked(folder: string): RedisProgram | undefined {
  const command = names.map((name) => join(folder, 'usr/bin', name)).find(existsSync);
  if (!command) return undefined;
  const libraries = globSync(join(folder, '{lib,usr/lib}/*/*.so*')).map((file) => dirname(file));
  return { command, env: { LD_LIBRARY_PATH: [...new Set(libraries)].join(delimiter) } };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
