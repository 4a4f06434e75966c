import { gather } from './batches.ts';
import type { Driver, TenantKey } from './driver.ts';
import { makeChanges } from './sandbox-changes.ts';
import { openPool } from './sandbox-connection.ts';
import { deliver, type Order } from './sandbox-delivery.ts';
import { type Scene, takeCues } from './sandbox-playing.ts';
import { readTenants } from './sandbox-reading.ts';
import type { SandboxCall } from './sandbox-rules.ts';

const POOL_SIZE = 8;
const BATCHES = { most: 256 };

/**
 * A phone platform that exists only as tables in a PostgreSQL database of its own, which `migrateSandbox` prepares. It
 * keeps a journal of every call that may change something and of every real change, refuses older claims, and plays the
 * faults it is told to. Calls made at the same time commit together, whatever they ask of which container, as durably as the server is set up. Connects at the first
 * call; `poolSize` (8) bounds its connections.
 */
export function createSandbox(options: { readonly databaseUrl: string; readonly poolSize?: number }): Driver {
  const pool = openPool(options.databaseUrl, options.poolSize ?? POOL_SIZE);
  const cueOf = gather((scenes: readonly Scene[]) => takeCues(pool, scenes), BATCHES);
  const makeChange = gather((orders: readonly Order<SandboxCall>[]) => makeChanges(pool, orders), BATCHES);
  const readTenant = gather((orders: readonly Order<TenantKey>[]) => readTenants(pool, orders), BATCHES);
  const change =
    <V extends SandboxCall['verb']>(verb: V) =>
    (calls: Parameters<Driver[V]>[0], signal: AbortSignal) => {
      const named = calls.map((call) => ({ ...call, verb }) as SandboxCall);
      return deliver(named, { verb, signal, cueOf, carryOut: makeChange });
    };
  return {
    name: 'sandbox',
    fences: true,
    ensureTenants: change('ensureTenants'),
    configureTenants: change('configureTenants'),
    setService: change('setService'),
    removeTenants: change('removeTenants'),
    observeTenants: (keys, signal) => deliver(keys, { verb: 'observeTenants', signal, cueOf, carryOut: readTenant }),
    close: () => pool.end(),
  };
}
