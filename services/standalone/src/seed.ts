import { existsSync, writeFileSync } from 'node:fs';
import { seedStandalone } from '@qvara/store/seed';

/**
 * Seeds a new ledger and writes the first key of the client "local" to `keyFile` (mode 0600). Answers whether the file
 * holds a key: it may have been removed since.
 */
export async function seedOnce(databaseUrl: string, keyFile: string): Promise<boolean> {
  const { apiKey } = await seedStandalone({ databaseUrl });
  if (apiKey) writeFileSync(keyFile, `${apiKey}\n`, { mode: 0o600, flush: true });
  return existsSync(keyFile);
}
