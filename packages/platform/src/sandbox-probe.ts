import pg from 'pg';
import type { Expect, World } from './conformance-world.ts';
import type { Driver } from './driver.ts';
import { createSandbox } from './sandbox.ts';
import { type FaultScript, scriptFault } from './sandbox-scripts.ts';

type Behaviour = FaultScript extends infer S ? (S extends FaultScript ? Omit<S, 'containerId'> : never) : never;

/** A sandbox for tests, with a look behind it. */
export type Probe = {
  readonly driver: Driver;
  readonly pool: pg.Pool;
  /** A container that no test has used. */
  newWorld(): World;
  /** Effects in a container, oldest first: what, and its value. */
  effectsIn(world: World): Promise<unknown[][]>;
  /** Calls in a container, oldest first: verb and outcome. */
  callsIn(world: World): Promise<unknown[][]>;
  script(world: World, behaviour: Behaviour): Promise<void>;
  close(): Promise<void>;
};

/** Opens a probe on a migrated sandbox database that belongs to one test file. */
export function openProbe(databaseUrl: string, expect: Expect): Probe {
  const driver = createSandbox({ databaseUrl });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  let container = 100_000;
  const journal = async (text: string, { containerId }: World): Promise<unknown[][]> => {
    const { rows } = await pool.query({ text, values: [containerId], rowMode: 'array' });
    return rows;
  };
  return {
    driver,
    pool,
    newWorld() {
      container += 1;
      return { driver, containerId: String(container), expect };
    },
    effectsIn: (world) => journal('select effect, value from effects where container_id = $1 order by id', world),
    callsIn: (world) => journal('select verb, outcome from calls where container_id = $1 order by id', world),
    script: ({ containerId }, behaviour) => scriptFault(pool, { containerId, ...behaviour }),
    async close() {
      await Promise.all([driver.close(), pool.end()]);
    },
  };
}
