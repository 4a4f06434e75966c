import pg, { type Pool, type PoolClient } from 'pg';
import { classify } from './coalesce.ts';
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

/** Statements on a connection or a pool, with the ledger's types. */
export function sqlOn(connection: Pool | PoolClient): Sql {
  return {
    async query<R>(text: string, values: readonly unknown[] = []) {
      const answer = await connection.query({ text, values: values as unknown[], types: types as never });
      return (answer.rows as Record<string, unknown>[]).map((row) => camelRow<R>(row));
    },
  };
}

/** Runs `work` in one READ COMMITTED transaction: all of it commits, or none. */
export async function transact<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    await connection.query('begin');
    const answer = await work(sqlOn(connection));
    await connection.query('commit');
    return answer;
  } catch (error) {
    // Nothing can be asked of a connection that is lost, or still busy with a statement nobody waits for.
    if (classify(error) === 'connection') broken = error as Error;
    else
      await connection.query('rollback').catch((lost: Error) => {
        broken = lost;
      });
    throw error;
  } finally {
    connection.release(broken);
  }
}
