import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomToken, sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { closeLedger, openLedger } from '@qvara/store/orm';
import { seedLocal } from '@qvara/store/seed';

type Seed = { readonly databaseUrl: string; readonly keyFile: string; readonly containers: number };

/**
 * Seeds a new ledger with containers of the sandbox, and leaves the first key of the client "local" in `keyFile`
 * (mode 0600). Answers whether the file holds a key: it may have been removed since.
 */
export async function seedOnce({ databaseUrl, keyFile, containers }: Seed): Promise<boolean> {
  const ledger = await openLedger({ databaseUrl, poolSize: 1, clientWindow: 1, quarantineDays: 0, sipDomain: '' });
  try {
    // The key is on disk before the ledger knows it: a start that dies between the two finds it again.
    const draft = `${keyFile}.new`;
    if (!existsSync(draft)) writeFileSync(draft, `qk_${randomToken(32)}\n`, { mode: 0o600, flush: true });
    const secretHash = Buffer.from(sha256(readFileSync(draft, 'utf8').trim()), 'hex');
    const seeded = await seedLocal(ledger, { clientId: newId('cli'), keyId: newId('key'), secretHash, containers });
    if (seeded === 'seeded' || seeded === 'known') renameSync(draft, keyFile);
    else rmSync(draft);
  } finally {
    await closeLedger(ledger);
  }
  return existsSync(keyFile);
}
