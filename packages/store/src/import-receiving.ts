import { CHUNK_ROWS } from '@qvara/contracts/imports';
import { repeatConflicts } from './coalesce.ts';
import type { Announce } from './commit.ts';
import type { ImportLayout, ImportRecord } from './entities/import.ts';
import { appendEvents } from './events.ts';
import { importEvents } from './import-events.ts';
import type { Ledger } from './orm.ts';
import { sqlOn, transactPatiently } from './sql.ts';

/** Whoever sends the same key again may take over from an upload that has stored nothing for so long. */
const TAKEN_OVER_AFTER_S = 120;
/** So long after its last rows nobody receives an import any more: its intake is gone. */
const BROKEN_OFF_AFTER_S = 600;
const FORGOTTEN_AT_ONCE = 20 * CHUNK_ROWS;

export type NewImport = Pick<
  ImportRecord,
  'id' | 'clientId' | 'byAdmin' | 'type' | 'mode' | 'format' | 'dryRun' | 'label' | 'errorBudget' | 'layout'
> & { readonly idempotencyKey: string | null; readonly fingerprint: string };

/** An import that is begun, or the one that an earlier request with the same key began, with what it was known by. */
export type Begun = {
  readonly begun: boolean;
  readonly row: Pick<ImportRecord, 'id' | 'state'> & { readonly fingerprint: string };
};

/** Begins an import: from now on its rows may be received. With a key that was used before it answers that import. */
export async function beginImport(ledger: Ledger, wish: NewImport): Promise<Begun> {
  const sql = sqlOn(ledger.pool);
  for (;;) {
    const [row] = await sql.query<Begun['row']>(
      `insert into imports (id, client_id, by_admin, type, mode, format, state, dry_run, label, error_budget, layout,
         idempotency_key, fingerprint)
       values ($1, $2, $3, $4, $5, $6, 'receiving', $7, $8, $9, $10, $11, $12)
       on conflict (client_id, idempotency_key) where idempotency_key is not null do nothing
       returning id, state, fingerprint`,
      [
        wish.id,
        wish.clientId,
        wish.byAdmin,
        wish.type,
        wish.mode,
        wish.format,
        wish.dryRun,
        wish.label,
        wish.errorBudget,
        JSON.stringify(wish.layout),
        wish.idempotencyKey,
        wish.fingerprint,
      ],
    );
    if (row !== undefined) return { begun: true, row };
    const known = await findByKey(ledger, wish);
    if (known?.stale) await abandonImport(ledger, known.id);
    else if (known !== null) return { begun: false, row: known };
  }
}

/** The import that an earlier request with this key began; null without one. */
export async function findByKey(
  ledger: Ledger,
  { clientId, idempotencyKey }: Pick<NewImport, 'clientId' | 'idempotencyKey'>,
): Promise<(Begun['row'] & { readonly stale: boolean }) | null> {
  const [known] = await sqlOn(ledger.pool).query<Begun['row'] & { stale: boolean }>(
    `select id, state, fingerprint,
       state = 'receiving' and touched_at < clock_timestamp() - interval '${TAKEN_OVER_AFTER_S} seconds' as stale
     from imports where client_id = $1 and idempotency_key = $2`,
    [clientId, idempotencyKey],
  );
  return known ?? null;
}

export type ReceivedRow = {
  readonly raw: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly ref: string | null;
  readonly hash: string;
};
export type ReceivedChunk = {
  readonly importId: string;
  readonly chunkNo: number;
  readonly firstRow: number;
  readonly rows: readonly ReceivedRow[];
};

/**
 * Stores rows with their chunk; the same chunk again changes nothing. False when the import is not received any more:
 * somebody else has taken its key over, or it was held to be broken off.
 */
export async function receiveRows(ledger: Ledger, chunk: ReceivedChunk): Promise<boolean> {
  const { importId, chunkNo, firstRow, rows } = chunk;
  const sql = sqlOn(ledger.pool);
  const [alive] = await repeatConflicts(() =>
    sql.query(
      `with alive as (
         update imports set touched_at = clock_timestamp()
         where id = $1 and state = 'receiving' and touched_at > 'epoch' returning id),
       chunk as (
         insert into import_chunks (import_id, chunk_no, first_row, last_row, rows, pending)
         select id, $2, $3::int, $3::int + $4::int - 1, $4::int, $4::int from alive on conflict do nothing),
       stored as (
         insert into import_rows (import_id, row_no, chunk_no, raw, fields, ref, hash)
         select alive.id, $3::int + r.n - 1, $2, r.raw, r.fields, r.ref, r.hash
         from alive, unnest($5::text[], $6::jsonb[], $7::text[], $8::text[]) with ordinality as r (raw, fields, ref, hash, n)
         on conflict do nothing)
       select id from alive`,
      [
        importId,
        chunkNo,
        firstRow,
        rows.length,
        rows.map(({ raw }) => raw),
        rows.map(({ fields }) => JSON.stringify(fields)),
        rows.map(({ ref }) => ref),
        rows.map(({ hash }) => hash),
      ],
    ),
  );
  return alive !== undefined;
}

/** Says that an import is still being received, while its sender is slow. */
export async function touchImport(ledger: Ledger, importId: string): Promise<void> {
  await sqlOn(ledger.pool).query(
    `update imports set touched_at = clock_timestamp() where id = $1 and state = 'receiving' and touched_at > 'epoch'`,
    [importId],
  );
}

/** `fingerprint`: what it is known by, now that all of it is. */
type Received = { readonly importId: string; readonly layout: ImportLayout; readonly fingerprint: string };

/** All rows are stored: the import waits to be checked. Repeatable. False when it was not received any more. */
export async function finishReceiving(
  ledger: Ledger,
  announce: Announce,
  { importId, layout, fingerprint }: Received,
): Promise<boolean> {
  const lastEvent = await transactPatiently(ledger.pool, async (sql) => {
    const [mine] = await sql.query(
      `update imports set state = 'checking', touched_at = clock_timestamp(), layout = $2, fingerprint = $3
         where id = $1 and state = 'receiving' and touched_at > 'epoch' returning id`,
      [importId, JSON.stringify(layout), fingerprint],
    );
    return mine === undefined ? 0 : await appendEvents(sql, await importEvents(sql, importId));
  });
  announce({ bells: [], lastEvent, ended: false, dueInMs: [] });
  const [row] = await sqlOn(ledger.pool).query(`select from imports where id = $1 and state <> 'receiving'`, [
    importId,
  ]);
  return row !== undefined;
}

/** Takes an import away that is not received to its end, with all its rows: from now on it is not there. Repeatable. */
export async function abandonImport(ledger: Ledger, importId: string): Promise<void> {
  const sql = sqlOn(ledger.pool);
  const [mine] = await repeatConflicts(() =>
    sql.query(
      `update imports set touched_at = 'epoch', idempotency_key = null where id = $1 and state = 'receiving' returning id`,
      [importId],
    ),
  );
  if (mine === undefined) return;
  for (;;) {
    // A million rows at once would take longer than any statement may.
    const gone = await sql.query(
      `delete from import_rows where import_id = $1 and row_no in (
         select row_no from import_rows where import_id = $1 order by row_no limit ${FORGOTTEN_AT_ONCE}) returning 1`,
      [importId],
    );
    if (gone.length < FORGOTTEN_AT_ONCE) break;
  }
  await sql.query(`delete from imports where id = $1 and state = 'receiving' and touched_at = 'epoch'`, [importId]);
}

/** Takes one import away that nobody receives any more, and old corrections. Answers whether there may be more. */
export async function forgetBrokenOff(ledger: Ledger): Promise<boolean> {
  const sql = sqlOn(ledger.pool);
  const corrections = await sql.query(
    `delete from import_corrections where ctid in (
       select ctid from import_corrections where at < clock_timestamp() - interval '1 day' limit ${FORGOTTEN_AT_ONCE}) returning 1`,
  );
  const [old] = await sql.query<{ id: string }>(
    `select id from imports where state = 'receiving'
       and touched_at < clock_timestamp() - interval '${BROKEN_OFF_AFTER_S} seconds' order by id limit 1`,
  );
  if (old !== undefined) await abandonImport(ledger, old.id);
  return old !== undefined || corrections.length === FORGOTTEN_AT_ONCE;
}
