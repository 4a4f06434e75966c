import pg, { type Pool, type PoolClient } from 'pg';
import { classify, isStalePlan, repeatConflicts } from './coalesce.ts';
import { rfc3339 } from './entities/timestamp.ts';

/** A transaction, or one statement outside of any. Rows come with camelCase names, times as RFC 3339. */
export type Sql = {
  query<R>(text: string, values?: readonly unknown[]): Promise<R[]>;
};

const { TIMESTAMPTZ, INT8 } = pg.types.builtins;

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === TIMESTAMPTZ) return rfc3339;
    if (oid === INT8) return Number;
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

const statementNames = new Map<string, string>();

/** A name under which the server keeps a statement's plan: texts are fixed, only values change. */
function nameOf(text: string): string {
  let known = statementNames.get(text);
  if (known === undefined) {
    known = `qvara_${statementNames.size}`;
    statementNames.set(text, known);
  }
  return known;
}

const camelNames = new Map<string, string>();

function camel(name: string): string {
  let known = camelNames.get(name);
  if (known === undefined) {
    known = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    camelNames.set(name, known);
  }
  return known;
}

function camelRow<R>(row: Record<string, unknown>): R {
  const out: Record<string, unknown> = {};
  for (const name in row) out[camel(name)] = row[name];
  return out as R;
}

/** Statements outside of any transaction, with the ledger's types. */
export function sqlOn(pool: Pool): Sql {
  return sqlBy((text, values) => pool.query({ text, values, types: types as never }));
}

/** Statements of a transaction: their plans are kept, since the same come again and again. `failed` hears of each failure. */
export function sqlIn(connection: PoolClient, failed: (error: unknown) => void = () => undefined): Sql {
  return sqlBy((text, values) => {
    const answer = connection.query({ name: nameOf(text), text, values, types: types as never });
    answer.catch(failed);
    return answer;
  });
}

function sqlBy(ask: (text: string, values: unknown[]) => Promise<{ rows: unknown[] }>): Sql {
  return {
    async query<R>(text: string, values: readonly unknown[] = []) {
      const answer = await ask(text, values as unknown[]);
      return (answer.rows as Record<string, unknown>[]).map((row) => camelRow<R>(row));
    },
  };
}

/** Statements that are kept back until all of them are said; `send` sends them, and refuses those that come later. */
function keepBack(): { readonly sql: Sql; send(on: Sql): void } {
  const kept: ((on: Sql) => void)[] = [];
  let sent = false;
  return {
    sql: {
      async query<R>(text: string, values?: readonly unknown[]) {
        if (sent) throw new Error('A statement came after the last act of its transaction');
        return await new Promise<R[]>((resolve, reject) => {
          kept.push((on) => void on.query<R>(text, values).then(resolve, reject));
        });
      },
    },
    send(on) {
      sent = true;
      for (const statement of kept) statement(on);
    },
  };
}

// Plans of a transaction's statements are made once for a connection, perhaps while a table is still small: what was the
// best way then would read all of it later. So they look rows up by index, whatever a table's size.
const BEGIN = `begin; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off;
  set local enable_hashjoin = off; set local enable_mergejoin = off`;

/** Runs `work` in one READ COMMITTED transaction: all of it commits, or none. */
export async function transact<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  return await transactInTwo(pool, work, async (_, answer) => answer);
}

/** The same, run again while it meets locks of others. Throws `unavailable` when that does not end, or the ledger is away. */
export async function transactPatiently<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  return await repeatConflicts(() => transact(pool, work));
}

/**
 * One READ COMMITTED transaction whose last act is sent together with the commit, without waiting for each other: all of
 * it commits, or none. `last` must call all its statements at once; one called later would come after the commit, and is
 * refused.
 */
export async function transactInTwo<M, T>(
  pool: Pool,
  work: (sql: Sql) => Promise<M>,
  last: (sql: Sql, middle: M) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  let first: unknown;
  const sql = sqlIn(connection, (error) => {
    first ??= error;
  });
  try {
    const [, middle] = await Promise.all([connection.query(BEGIN), work(sql)]);
    const ending = keepBack();
    const answer = last(ending.sql, middle);
    // What is thrown between its statements is thrown before the next tick: nothing is sent then.
    await Promise.race([answer, new Promise((resolve) => process.nextTick(resolve))]);
    ending.send(sql);
    const [answered, { command }] = await Promise.all([answer, connection.query('commit')]);
    // The server makes of the commit a rollback when a statement has failed.
    if (command !== 'COMMIT') throw new Error(`The transaction ended by ${command}`);
    return answered;
  } catch (thrown) {
    // Of statements that travel together the first that failed says why; the others only that there is no transaction.
    const error = first ?? thrown;
    // Nothing can be asked of a connection that is lost, or still busy with a statement nobody waits for; and one whose
    // plans a migration has made stale must make them anew.
    if (classify(error) === 'connection' || isStalePlan(error)) broken = error as Error;
    else
      await connection.query('rollback').catch((lost: Error) => {
        broken = lost;
      });
    throw error;
  } finally {
    connection.release(broken);
  }
}
