import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { GatheringSocket } from '@qvara/runtime/gathering-socket';
import type { Pool } from 'pg';
import { entities } from './entities/list.ts';

/** The open ledger: what every verb of this package takes first. */
export type Ledger = {
  readonly orm: MikroORM;
  /** The ORM's own connections, for the verbs whose SQL works on whole batches. */
  readonly pool: Pool;
  /** Bells that one client may have outstanding in one queue. */
  readonly clientWindow: number;
  readonly quarantineDays: number;
  readonly sipDomain: string;
};

export type LedgerSettings = {
  readonly databaseUrl: string;
  readonly poolSize?: number;
  readonly clientWindow: number;
  readonly quarantineDays: number;
  readonly sipDomain: string;
};

// No transaction waits long for a lock, and none stays open: a batch that cannot go on is repeated or refused.
// No statement is worth a compiler.
const SESSION =
  '-c lock_timeout=200 -c statement_timeout=5000 -c idle_in_transaction_session_timeout=5000 -c timezone=UTC -c jit=off';

// Longer than the server allows any statement: only a connection that is half open makes one wait so long.
const QUERY_TIMEOUT_MS = 7_000;

/** Opens the ledger. Throws when the database cannot be reached. */
export async function openLedger(settings: LedgerSettings): Promise<Ledger> {
  const orm = await MikroORM.init({
    clientUrl: settings.databaseUrl,
    entities,
    // What goes wrong with a connection is told by the query that meets it.
    logger: () => undefined,
    driverOptions: {
      max: settings.poolSize ?? 8,
      options: SESSION,
      keepAlive: true,
      // Statements that do not wait for each other's answers travel together.
      pipeline: true,
      stream: () => new GatheringSocket(),
      connectionTimeoutMillis: 5_000,
      query_timeout: QUERY_TIMEOUT_MS,
    },
  });
  const pool = await (orm.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> }).getNativeClient();
  const { clientWindow, quarantineDays, sipDomain } = settings;
  return { orm, pool, clientWindow, quarantineDays, sipDomain };
}

/** A fresh identity map for one read or one small change. */
export function entityManager(ledger: Ledger): EntityManager {
  return ledger.orm.em.fork();
}

/** Resolves when the ledger answers. Throws when it does not. */
export async function ping(ledger: Ledger): Promise<void> {
  await ledger.pool.query('select 1');
}

/** Closes every connection. */
export async function closeLedger(ledger: Ledger): Promise<void> {
  await ledger.orm.close();
}
