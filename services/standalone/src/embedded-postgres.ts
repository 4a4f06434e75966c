import { resolve } from 'node:path';
import { Client, DatabaseError, escapeIdentifier } from 'pg';
import { findFreePort, isPortTaken } from './free-port.ts';
import { loadPostgresBinaries } from './postgres-binaries.ts';
import { preparePostgresFolder, writeSettings } from './postgres-folder.ts';
import { logFileOf, servePostgres } from './postgres-server.ts';
import { stopLeftover } from './postmaster.ts';

/** What to start. `folder` holds the data; its password and its log stand beside it. */
export type EmbeddedPostgresOptions = {
  folder: string;
  /** Default: any free one. */
  port?: number;
  /** False trades what a power cut spares for speed. Default true. */
  durable?: boolean;
  /** Server settings on top of ours, by PostgreSQL's names. */
  settings?: Record<string, string>;
  /** A folder to remove once the server is gone, for tests. */
  removeAfterwards?: string;
};

/** A running PostgreSQL that does not outlive this process. */
export type EmbeddedPostgres = {
  pid: number;
  port: number;
  logFile: string;
  /** The address of a database, password included: not for logs or command lines. */
  url(database: string): string;
  /** Creates the database unless it is there. */
  ensureDatabase(name: string): Promise<void>;
  /** Resolves when the server is gone, wanted or not. */
  exited: Promise<void>;
  /** Stops the server: sessions end, data is flushed. Calling it twice is harmless. */
  stop(): Promise<void>;
};

/**
 * Starts the embedded PostgreSQL on a data folder, which is made on the first start and kept afterwards, listening on
 * 127.0.0.1 only. A server left over from a killed predecessor is stopped first. Throws, with the end of the server's
 * log, when it does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { durable = true, settings, removeAfterwards } = options;
  const folder = resolve(options.folder);
  const { initdb, postgres } = await loadPostgresBinaries();
  await stopLeftover(folder);
  const port = await choosePort(options.port);
  const prepared = await preparePostgresFolder({ folder, initdb, postgres });
  writeSettings(prepared, { ...serverSettings(durable), ...settings, port: String(port) });
  const server = await servePostgres({ postgres, prepared, ...(removeAfterwards && { removeAfterwards }) });
  const url = (database: string) =>
    `postgres://postgres:${prepared.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return {
    pid: server.pid,
    port,
    logFile: logFileOf(folder),
    url,
    ensureDatabase: (name) => ensureDatabase(url('postgres'), name),
    exited: server.exited,
    stop: () => server.stop(),
  };
}

function serverSettings(durable: boolean): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    // A socket's path has to be short, a data folder's does not.
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    wal_compression: 'on',
    random_page_cost: '1.1',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
}

async function choosePort(wanted = 0): Promise<number> {
  if (wanted === 0) return findFreePort();
  if (!(await isPortTaken('127.0.0.1', wanted))) return wanted;
  throw new Error(`Port ${wanted} is in use, so the embedded PostgreSQL cannot listen there. Choose another one.`);
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${escapeIdentifier(name)}`);
  } catch (error) {
    const isThereByNow = error instanceof DatabaseError && (error.code === '42P04' || error.code === '23505');
    if (!isThereByNow) throw error;
  } finally {
    await client.end();
  }
}
