import pg from 'pg';

/** Connections that stay open between measurements, and end quietly with the server. */
export function openPool(connectionString: string, max: number, more: pg.PoolConfig = {}): pg.Pool {
  return new pg.Pool({ connectionString, max, idleTimeoutMillis: 0, ...more }).on('error', () => undefined);
}
