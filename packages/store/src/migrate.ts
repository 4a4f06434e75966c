import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import { entities } from './entities/list.ts';
import { migrationsList } from './migrations/list.ts';

/**
 * Brings the ledger's tables to this version. Repeatable, and safe when several processes do it at once: one of them
 * migrates while the others wait, and then find nothing to do.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const orm = await MikroORM.init({
    clientUrl: databaseUrl,
    entities,
    extensions: [Migrator],
    migrations: { migrationsList, snapshot: false, allOrNothing: true, silent: true },
    driverOptions: { max: 2 },
  });
  try {
    await orm.em.transactional(async (em) => {
      await em.execute('select pg_advisory_xact_lock(7811, 0)');
      await orm.migrator.up();
    });
  } finally {
    await orm.close();
  }
}
