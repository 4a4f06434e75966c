import { MikroORM } from '@mikro-orm/postgresql';
import { entities } from './entities.ts';

/** Opens the ledger as a team would that begins with MikroORM. */
export async function openOrm(ledgerUrl: string, connections: number): Promise<MikroORM> {
  return await MikroORM.init({
    clientUrl: ledgerUrl,
    entities,
    logger: () => undefined,
    driverOptions: { max: connections },
  });
}
