import type { Driver } from './driver.ts';
import { makeChanges } from './sandbox-changes.ts';
import { openPool } from './sandbox-connection.ts';
import { deliver } from './sandbox-delivery.ts';
import { readTenants } from './sandbox-reading.ts';
import type { SandboxCall } from './sandbox-rules.ts';

const POOL_SIZE = 8;

/**
 * A phone platform that exists only as tables in a PostgreSQL database of its own, which `migrateSandbox` prepares. It
 * keeps a journal of every call that may change something and of every real change, refuses older claims, and plays the
 * faults it is told to. Items given together commit together, as durably as the server is set up. Connects at the first
 * call; `poolSize` (8) bounds its connections.
 */
export function createSandbox(options: { readonly databaseUrl: string; readonly poolSize?: number }): Driver {
  const pool = openPool(options.databaseUrl, options.poolSize ?? POOL_SIZE);
  const change =
    <V extends SandboxCall['verb']>(verb: V) =>
    (calls: Parameters<Driver[V]>[0], signal: AbortSignal) => {
      const named = calls.map((call) => ({ ...call, verb }) as SandboxCall);
      return deliver(named, { pool, verb, signal, work: (orders) => makeChanges({ pool, signal }, orders) });
    };
  return {
    name: 'sandbox',
    fences: true,
    ensureTenants: change('ensureTenants'),
    configureTenants: change('configureTenants'),
    setService: change('setService'),
    removeTenants: change('removeTenants'),
    observeTenants: (keys, signal) =>
      deliver(keys, { pool, verb: 'observeTenants', signal, work: (orders) => readTenants({ pool, signal }, orders) }),
    close: () => pool.end(),
  };
}
