import { open, rm } from 'node:fs/promises';
import { UsageError } from './exit-status.ts';

const OWNER_ONLY = 0o600;

/**
 * Writes what is shown once into a new file that only its owner can read: a terminal or a log would keep it. The file is
 * made before `make` asks for the secret, and goes again when that fails. Throws UsageError when the file exists.
 */
export async function intoSecretFile<T>(
  path: string,
  make: () => Promise<{ readonly secret: string; readonly shown: T }>,
): Promise<T> {
  const file = await open(path, 'wx', OWNER_ONLY).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'exists already' : `cannot be written (${error.code})`;
    throw new UsageError(`${path} ${why}: name a new file for what is shown once.`);
  });
  try {
    const { secret, shown } = await make();
    await file.writeFile(`${secret}\n`);
    return shown;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
