import { CodedError } from '@qvara/contracts/failure';
import type { Reference } from '@qvara/contracts/reference';
import { ANYWHERE, fitRows, regionWanted } from '@qvara/domain/fit-rows';
import { randomToken } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import type { Logger } from '@qvara/runtime/logger';
import type { Announce } from '@qvara/store/commit';
import { retryJob } from '@qvara/store/control';
import type { ChunkClaim } from '@qvara/store/import-chunks';
import { pauseForRoom } from '@qvara/store/import-moves';
import type { RowAnswer, RowItem } from '@qvara/store/import-row-item';
import type { Judged } from '@qvara/store/judge-rows';
import { changedErrors, type FailedRow, failRows, faultErrors, hasChanged, readNextRows } from '@qvara/store/open-rows';
import type { Ledger } from '@qvara/store/orm';
import type { JudgedImport } from '@qvara/store/row-situations';
import type { WorkerRef } from '@qvara/store/workers';
import { patiently, RunOver } from './patiently.ts';
import type { RowRuns } from './row-runs.ts';

type Tools = {
  readonly ledger: Ledger;
  readonly announce: Announce;
  readonly worker: WorkerRef;
  readonly reference: () => Promise<Reference>;
  readonly accept: (item: RowItem) => Promise<RowAnswer>;
  readonly runs: RowRuns;
  readonly logger: Pick<Logger, 'error'>;
};

type Case = { readonly own: JudgedImport; readonly chunk: ChunkClaim; readonly signal: AbortSignal };

/** What came of a look at a chunk: rows were set going, none is left, or there is no room for those that are. */
export type RowsOutcome = 'went on' | 'none left' | 'no room';

const TOKEN_BYTES = 12;

/** Sets the next rows of a chunk going, so many at most: judged once more, accepted together, and run. */
export async function runRows(tools: Tools, { own, chunk, signal }: Case, most: number): Promise<RowsOutcome> {
  const { ledger, announce } = tools;
  const reference = await tools.reference();
  const next = await patiently(() => readNextRows(ledger, { import: own, chunk, reference, most }), signal);
  if (next.judged.length === 0) return 'none left';
  const { changed = [], as = [] } = Object.groupBy(next.judged, (row) => (hasChanged(row) ? 'changed' : 'as'));
  const { fitting, lacking } = fitRows(as, next.room);
  const failed: FailedRow[] = changed.map((row) => failedRow(row, changedErrors(row), true));
  const went = await Promise.all(fitting.map((row) => setGoing(tools, { own, chunk, signal }, row)));
  failed.push(...went.filter((one) => typeof one === 'object'));
  await patiently(() => failRows(ledger, chunk, failed), signal);
  // Somebody else has the chunk, or the import stands still: the next look would find the same.
  if (went.length > 0 && went.every((one) => one === 'passed over')) return 'none left';
  if (lacking.length === 0) return 'went on';
  if (fitting.length > 0) return 'went on';
  const regions = [...new Set(lacking.map((row) => regionWanted(row) ?? ANYWHERE))];
  await patiently(
    () => pauseForRoom(ledger, announce, { importId: own.id, regions, detail: detailOf(regions) }),
    signal,
  );
  return 'no room';
}

/** What came of a row: it goes, it was left to others, or it has failed. */
type Went = 'going' | 'passed over' | FailedRow;

function failedRow({ row }: Judged, errors: FailedRow['errors'], changed: boolean): FailedRow {
  return { rowNo: row.rowNo, errors, changed };
}

/** Accepts a row as a job and runs it; or lets its failed job try again. Answers the row if that cannot be. */
async function setGoing(tools: Tools, { own, chunk, signal }: Case, judged: Judged): Promise<Went> {
  const { row, request, retries } = judged;
  try {
    if (retries !== null) {
      const viewer = { clientId: own.clientId, admin: own.byAdmin };
      await patiently(() => retryJob(tools.ledger, tools.announce, { jobId: retries, viewer }), signal);
      return 'going';
    }
    if (request === null) return 'passed over';
    const item: RowItem = {
      importId: own.id,
      chunkNo: chunk.chunkNo,
      rowNo: row.rowNo,
      token: randomToken(TOKEN_BYTES),
      worker: tools.worker,
      accept: {
        jobId: newId('job'),
        newCustomerId: newId('cus'),
        clientId: own.clientId,
        byAdmin: own.byAdmin,
        request,
        fingerprint: row.hash,
        idempotencyKey: null,
      },
    };
    const answer = await patiently(() => tools.accept(item), signal);
    if (answer.outcome === 'begun') tools.runs.start(own.id, answer.claim);
    if (answer.outcome === 'refused') return failedRow(judged, faultErrors(answer.fault), true);
    return answer.outcome === 'passed-over' ? 'passed over' : 'going';
  } catch (error) {
    if (error instanceof RunOver) throw error;
    if (error instanceof CodedError) return failedRow(judged, faultErrors(error), true);
    // The batch was taken apart until this row stood alone: it is the row's own.
    tools.logger.error({ err: error, importId: own.id, row: row.rowNo }, 'a row could not be accepted; it has failed');
    return failedRow(judged, faultErrors({ code: 'internal', message: 'The ledger refuses this row.' }), false);
  }
}

function detailOf(regions: readonly string[]): string {
  const names = regions.map((region) => (region === ANYWHERE ? 'any region' : `region ${region}`));
  return `No container in ${names.join(' or ')} has head-room for the next rows.`;
}
