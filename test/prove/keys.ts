import type { Scope } from '@qvara/contracts/clients';
import { randomToken, sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import { addClient, addKey } from '@qvara/store/clients';
import { closeLedger, openLedger } from '@qvara/store/orm';

/** Adds a client for each list of scopes; answers the texts of their keys. */
export async function addKeys(databaseUrl: string, scopes: readonly (readonly Scope[])[]): Promise<string[]> {
  const ledger = await openLedger({ databaseUrl, poolSize: 1, clientWindow: 1, quarantineDays: 30, sipDomain: '' });
  const by = { keyId: 'prove', clientId: 'prove' };
  const texts: string[] = [];
  for (const own of scopes) {
    const text = `qk_${randomToken(32)}`;
    const { id: clientId } = await addClient(ledger, by, { id: newId('cli'), name: 'prove' });
    const secretHash = Buffer.from(sha256(text), 'hex');
    await addKey(ledger, by, { id: newId('key'), clientId, label: null, scopes: own, secretHash });
    texts.push(text);
  }
  await closeLedger(ledger);
  return texts;
}
