import type { Announce } from './commit.ts';
import { ringImport } from './import-bells.ts';
import type { Ledger } from './orm.ts';

type Change = { readonly importId: string; readonly lastEvent: number };

/**
 * Announces what a change of an import has told, and rings it if there is something to do now. Never rejects: what could
 * not be rung is found by the next look of a worker.
 */
export async function announceImport(
  ledger: Ledger,
  announce: Announce,
  { importId, lastEvent }: Change,
): Promise<void> {
  const bells = await ringImport(ledger, importId).catch(() => []);
  announce({ bells, lastEvent, ended: false, dueInMs: [] });
}
