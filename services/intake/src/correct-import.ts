import { randomUUID } from 'node:crypto';
import { CHUNK_ROWS } from '@qvara/contracts/imports';
import { codeNames } from '@qvara/domain/import-row';
import {
  type Correction,
  checkRetryable,
  dropCorrection,
  keepCorrections,
  type Retry,
  retryImport,
} from '@qvara/store/import-retry';
import type { ImportRow } from '@qvara/store/imports';
import { type Correcting, correctRows } from './correction-merge.ts';
import { type CorrectionRow, correctionRows, unfit } from './correction-rows.ts';
import type { Parts } from './parts.ts';
import type { SentFile } from './sent-file.ts';

type Wish = Omit<Retry, 'correctionId'>;

/**
 * Reads corrections of failed rows as they come, keeps them apart, and takes all of them over at the end, or none.
 * Throws what is wrong with the file, or `import-not-retryable`.
 */
export async function receiveCorrection(parts: Parts, wish: Wish, file: SentFile): Promise<ImportRow> {
  const { ledger } = parts;
  const of = await checkRetryable(ledger, wish.viewer, wish.importId);
  const correcting: Correcting = { of, names: codeNames(await parts.reference.read()) };
  const correctionId = randomUUID();
  try {
    for await (const some of inBatches(correctionRows(of, file))) {
      const corrected = await correctRows(ledger, correcting, some);
      const kept = await keepCorrections(ledger, { correctionId, importId: of.id }, corrected);
      refuseTwice(some, corrected, kept);
    }
    return await retryImport(ledger, parts.announce, { ...wish, correctionId });
  } catch (error) {
    await dropCorrection(ledger, correctionId).catch(() => undefined);
    throw error;
  }
}

/** Of two corrections of one row one was not kept. */
function refuseTwice(
  some: readonly CorrectionRow[],
  corrected: readonly Correction[],
  kept: ReadonlySet<number>,
): void {
  const seen = new Set<number>();
  for (const [at, { rowNo }] of corrected.entries()) {
    if (seen.has(rowNo) || !kept.has(rowNo))
      throw unfit(some[at]?.at ?? 0, `names row ${rowNo}, as another row of the correction does`);
    seen.add(rowNo);
  }
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < CHUNK_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
