import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The folder that holds everything this machine must keep, claimed for one process until `release`. */
export type DataFolder = { path: string; file(name: string): string; release(): void };

/**
 * Makes the folder (mode 0700) and claims it. Throws when another process holds it, and says which.
 * The claim is a lock the kernel keeps on a SQLite file: it ends with the process, however that ends.
 */
export function claimDataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const holder = join(path, 'standalone.pid');
  const lock = new DatabaseSync(join(path, 'standalone.lock'), { timeout: 0 });
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (cause) {
    lock.close();
    throw new Error(
      `${path} is in use by another start (process ${readHolder(holder)}). Stop that one, or start with another DATA_DIR.`,
      { cause },
    );
  }
  writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
  return { path, file: (name) => join(path, name), release: () => lock.close() };
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
