import { CodedError, type FailureCode } from '@qvara/contracts/failure';
import type { ImportState } from '@qvara/contracts/imports';
import type { Announce } from './commit.ts';
import { appendEvents } from './events.ts';
import { importEvents } from './import-events.ts';
import { findImport, type ImportRow } from './imports.ts';
import type { Ledger } from './orm.ts';
import { type Sql, transactPatiently } from './sql.ts';
import type { Viewer } from './viewer.ts';

type Wish = { readonly importId: string; readonly viewer: Viewer };

type Change = {
  /** The states it may be asked in. */
  readonly from: readonly ImportState[];
  readonly refusal: FailureCode;
  /** What becomes of the import, as SQL. */
  readonly set: string;
};

/** Starts what a dry run has shown. Throws `not-found`, or `import-not-runnable`. */
export async function runImport(ledger: Ledger, announce: Announce, wish: Wish): Promise<ImportRow> {
  return await change(ledger, announce, {
    ...wish,
    from: ['ready'],
    refusal: 'import-not-runnable',
    set: `state = 'running', started_at = coalesce(started_at, clock_timestamp()), failed_before = coalesce((select sum(failed) from import_chunks where import_id = $1), 0)`,
  });
}

/** Starts no more rows; those under way end. Also what paused by itself then waits for a word. Throws `import-not-pausable`. */
export async function pauseImport(ledger: Ledger, announce: Announce, wish: Wish): Promise<ImportRow> {
  return await change(ledger, announce, {
    ...wish,
    from: ['checking', 'running', 'paused'],
    refusal: 'import-not-pausable',
    set: `state = 'paused', paused_reason = 'by-request', paused_detail = 'Somebody asked for it.',
      paused_at = case when paused_reason = 'by-request' and state = 'paused' then paused_at else clock_timestamp() end`,
  });
}

/** Goes on; what has failed until now counts against no budget any more. Throws `import-not-resumable`. */
export async function resumeImport(ledger: Ledger, announce: Announce, wish: Wish): Promise<ImportRow> {
  return await change(ledger, announce, {
    ...wish,
    from: ['paused'],
    refusal: 'import-not-resumable',
    // Whether a dry run runs is for its check to say, which has not ended until it has moved on from it.
    set: `state = case when checked_at is null or exists (select from import_chunks where import_id = $1 and not checked)
        then 'checking' else 'running' end,
      paused_reason = null, paused_detail = null, paused_at = null, failed_before = coalesce((select sum(failed) from import_chunks where import_id = $1), 0)`,
  });
}

/** Ends an import: what has not begun is skipped, what runs ends as it ends. Throws `import-not-cancellable`. */
export async function cancelImport(ledger: Ledger, announce: Announce, wish: Wish): Promise<ImportRow> {
  return await change(ledger, announce, {
    ...wish,
    from: ['checking', 'ready', 'running', 'paused'],
    refusal: 'import-not-cancellable',
    set: `state = 'cancelled', paused_reason = null, paused_detail = null, paused_at = null`,
  });
}

async function change(ledger: Ledger, announce: Announce, what: Wish & Change): Promise<ImportRow> {
  return await tellMove(ledger, announce, async (sql) => {
    const { id } = await lockImport(sql, what, what);
    // Under a chunk's lock rows are checked, begun and failed: what does so ends before, or finds how the import stands now.
    await sql.query('select from import_chunks where import_id = $1 and pending > 0 order by chunk_no for update', [
      id,
    ]);
    await sql.query(`update imports set ${what.set} where id = $1`, [id]);
    return await findImport(sql, what.viewer, id);
  });
}

/** Moves an import in a transaction of its own, and tells where it stands then. */
export async function tellMove(
  ledger: Ledger,
  announce: Announce,
  work: (sql: Sql) => Promise<ImportRow>,
): Promise<ImportRow> {
  const { row, lastEvent } = await transactPatiently(ledger.pool, async (sql) => {
    const moved = await work(sql);
    return { row: moved, lastEvent: await appendEvents(sql, await importEvents(sql, moved.id)) };
  });
  announce({ bells: [], lastEvent, ended: false, dueInMs: [] });
  return row;
}

/** Locks an import that is in one of these states. Throws `not-found`, or the refusal that says how it is. */
export async function lockImport(
  sql: Sql,
  { importId, viewer }: Wish,
  { from, refusal }: Pick<Change, 'from' | 'refusal'>,
): Promise<ImportRow> {
  await sql.query('select from imports where id = $1 for update', [importId]);
  const row = await findImport(sql, viewer, importId);
  if (from.includes(row.state)) return row;
  throw new CodedError(refusal, `The import is ${row.state}; it would have to be ${from.join(' or ')}.`);
}
