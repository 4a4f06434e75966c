import { addAbortListener } from 'node:events';
import { GatheringSocket } from '@qvara/runtime/gathering-socket';
import pg from 'pg';

const CONNECT_MS = 5_000;
const STATEMENT_MS = 5_000;

/**
 * Why the sandbox's database did not do what it was asked: it refuses the data, it asks to repeat, or it did not
 * answer (anything else). The message holds no data and no address.
 */
export class SandboxError extends Error {
  readonly reason: 'data' | 'conflict' | 'unavailable';

  constructor(cause: unknown) {
    const code = codeOf(cause);
    super(`The sandbox's database ${code.startsWith('2') ? 'refused the call' : 'did not answer'} (${code}).`, {
      cause,
    });
    this.name = 'SandboxError';
    this.reason = reasonOf(code);
  }
}

/** Runs one statement and answers its rows. One with a name is planned once for each connection. */
export type Ask = <R extends pg.QueryResultRow>(sql: string | Planned, values?: readonly unknown[]) => Promise<R[]>;
export type Planned = { readonly name: string; readonly text: string };

/** A pool of connections, none of them open yet. */
export function openPool(databaseUrl: string, poolSize: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    // Outlasts the server's own limit: it is for a connection whose other end has gone.
    query_timeout: STATEMENT_MS + 1_000,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    keepAlive: true,
    application_name: 'qvara-sandbox',
    // Plans are made once for a connection, perhaps while a table is still small.
    options:
      '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan -c jit=off',
    // Statements that do not wait for each other's answers travel together.
    pipeline: true,
    stream: () => new GatheringSocket(),
  });
  // A lost connection is told by the call that meets it; an unheard 'error' event would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/**
 * Lends a connection to `work`. Its failure, or the signal, closes that connection: whatever was open on it is rolled
 * back. Throws SandboxError for all that the database does, or does not do, in time.
 */
export async function withConnection<T>(source: Source, work: (ask: Ask) => Promise<T>): Promise<T> {
  const client = await checkOut(source);
  let lent = true;
  const giveBack = (close: boolean) => {
    if (lent) client.release(close);
    lent = false;
  };
  using _abort = source.signal && addAbortListener(source.signal, () => giveBack(true));
  const ask: Ask = async (sql, values = []) => {
    const result = await client
      .query({ ...(typeof sql === 'string' ? { text: sql } : sql), values: [...values] })
      .catch(rethrow);
    return result.rows;
  };
  try {
    const answer = await work(ask);
    giveBack(false);
    return answer;
  } finally {
    giveBack(true);
  }
}

/**
 * Like withConnection, in one transaction. `last` follows `work`; the one statement it asks travels with the commit, and
 * all of it commits, or none. Answers what `work` did.
 */
export function inTransaction<T>(
  source: Source,
  work: (ask: Ask) => Promise<T>,
  last: (ask: Ask, done: T) => Promise<void>,
): Promise<T> {
  return withConnection(source, async (ask) => {
    const [, done] = await Promise.all([ask(BEGIN), work(ask)]);
    await Promise.all([last(ask, done), ask(COMMIT)]);
    return done;
  });
}

const BEGIN = 'begin isolation level read committed';
const COMMIT = 'commit';

/** Connections, and a signal after whose abort nobody waits for the answer. */
export type Source = { readonly pool: pg.Pool; readonly signal?: AbortSignal };

async function checkOut({ pool, signal }: Source): Promise<pg.PoolClient> {
  if (signal === undefined) return await pool.connect().catch(rethrow);
  if (signal.aborted) throw new SandboxError(signal.reason);
  const arriving = pool.connect();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  using _abort = addAbortListener(signal, () => reject(signal.reason));
  try {
    return await Promise.race([arriving, aborted]);
  } catch (error) {
    arriving.then((client) => client.release()).catch(() => {});
    throw new SandboxError(error);
  }
}

function rethrow(error: unknown): never {
  throw new SandboxError(error);
}

function reasonOf(code: string): SandboxError['reason'] {
  if (/^2[23]...$/.test(code)) return 'data';
  return code === '40001' || code === '40P01' ? 'conflict' : 'unavailable';
}

function codeOf(cause: unknown): string {
  if (cause instanceof DOMException) return 'aborted';
  const code = (cause as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : 'connection lost';
}
