import { readFile } from 'node:fs/promises';
import { KEY_TEXT } from '@qvara/contracts/clients';
import { UsageError } from './exit-status.ts';

/** Where `start` writes the first key, below the folder it is started in. */
export const DEFAULT_KEY_FILE = '.data/api-key';

export type KeySources = {
  /** A file that was named; it goes before all else. */
  readonly keyFile?: string | undefined;
  /** From the environment. */
  readonly key?: string | undefined;
};

/** The key to use. Throws UsageError, which never holds a key's text. */
export async function findKey({ keyFile, key }: KeySources): Promise<string> {
  if (keyFile === undefined && key !== undefined) return checked(key, 'QVARA_API_KEY');
  const file = keyFile ?? DEFAULT_KEY_FILE;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (keyFile !== undefined) throw new UsageError(`The key file ${file} cannot be read (${error.code}).`);
    throw new UsageError(
      `No key: set QVARA_API_KEY, or name a file with --key-file. There is none in ${file} either (${error.code}).`,
    );
  });
  return checked(text, file);
}

function checked(text: string, source: string): string {
  const key = text.trim();
  if (KEY_TEXT.test(key)) return key;
  throw new UsageError(`${source} does not hold a key: qk_ and 43 characters are expected.`);
}
