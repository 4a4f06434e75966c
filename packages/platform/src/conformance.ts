import { BATCHES } from './conformance-batches.ts';
import { CLAIMS, FENCING } from './conformance-fencing.ts';
import { LIFE } from './conformance-life.ts';
import type { Expect, Proofs } from './conformance-world.ts';
import type { Driver } from './driver.ts';

/** What the suite needs of a test runner: vitest's functions fit. */
export type TestRunner = {
  readonly describe: (title: string, define: () => void) => unknown;
  readonly it: (title: string, prove: () => Promise<void>) => unknown;
  readonly expect: Expect;
};

/** A driver to prove, and an online container with room for 300 tenants in which nobody else is. */
export type Opened = { readonly driver: Driver; readonly containerId: string; readonly close: () => Promise<void> };

/**
 * Defines the suite that every driver must pass. `open` is called for every test and must give an empty container each
 * time; `close` puts away what it gave, the driver included.
 */
export function describeDriver(name: string, open: () => Promise<Opened>, runner: TestRunner): void {
  const define = (title: string, proofs: Proofs, applies: (driver: Driver) => boolean = () => true) => {
    runner.describe(`${name}: ${title}`, () => {
      for (const [promise, prove] of Object.entries(proofs)) {
        runner.it(promise, async () => {
          const { driver, containerId, close } = await open();
          try {
            if (applies(driver)) await prove({ driver, containerId, expect: runner.expect });
          } finally {
            await close();
          }
        });
      }
    });
  };
  define('the life of a tenant', LIFE);
  define('whose tenant it is', FENCING);
  // What cannot refuse an older claim has nothing to prove here: its callers know, by `fences`, and wait longer instead.
  define('older claims', CLAIMS, (driver) => driver.fences);
  define('batches', BATCHES);
}
