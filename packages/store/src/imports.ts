import type { Page } from '@qvara/contracts/api';
import { CodedError } from '@qvara/contracts/failure';
import type { ImportAnswer, ImportPlan, ImportState, ImportTotals } from '@qvara/contracts/imports';
import type { JobType } from '@qvara/contracts/jobs';
import { type FeeRows, importPlan } from '@qvara/domain/import-plan';
import { progressOf, toldTotals } from '@qvara/domain/import-progress';
import { headRoom } from '@qvara/domain/placement';
import type { ImportRecord } from './entities/import.ts';
import { type ImportSums, SUMS } from './import-totals.ts';
import { pageOf } from './jobs.ts';
import type { Ledger } from './orm.ts';
import { loadFitting } from './seats.ts';
import { type Sql, sqlOn } from './sql.ts';
import { type Viewer, visibleClient } from './viewer.ts';

/** How a file's columns fill fields. */
export type ImportLayout = ImportRecord['layout'];

/** An import with the sums of its chunks. */
export type ImportRow = ImportRecord & ImportSums;

// An upload that was given up is being taken away.
const SELECT = `select i.*, n.* from imports i cross join lateral (
    select ${SUMS} from import_chunks where import_id = i.id) n
  where ($1::text is null or i.client_id = $1) and i.touched_at > 'epoch'`;

/** Loads an import the viewer may see. Throws `not-found`. */
export async function loadImport(ledger: Ledger, viewer: Viewer, id: string): Promise<ImportRow> {
  return await findImport(sqlOn(ledger.pool), viewer, id);
}

/** The same within a transaction. */
export async function findImport(sql: Sql, viewer: Viewer, id: string): Promise<ImportRow> {
  const [row] = await sql.query<ImportRow>(`${SELECT} and i.id = $2`, [visibleClient(viewer), id]);
  if (row === undefined) throw new CodedError('not-found', `There is no import ${id}.`);
  return row;
}

export type ImportQuery = {
  readonly limit: number;
  readonly cursor?: string;
  readonly state?: ImportState;
  readonly type?: JobType;
};

/** A page of imports, the newest first. */
export async function listImports(ledger: Ledger, viewer: Viewer, query: ImportQuery): Promise<Page<ImportRow>> {
  const { limit, cursor, state, type } = query;
  const rows = await sqlOn(ledger.pool).query<ImportRow>(
    `${SELECT} and ($2::text is null or i.id < $2) and ($3::text is null or i.state = $3)
       and ($4::text is null or i.type = $4) order by i.id desc limit $5`,
    [visibleClient(viewer), cursor ?? null, state ?? null, type ?? null, limit + 1],
  );
  return pageOf(rows, limit);
}

/** What a checked import would need and cost; null while it is not checked. */
export async function loadPlan(ledger: Ledger, row: ImportRow): Promise<ImportPlan | null> {
  if (row.checkedAt === null) return null;
  const sql = sqlOn(ledger.pool);
  const seats = await sql.query<{ region: string; needed: number }>(
    `select s.key as region, sum(s.value::int)::int as needed from import_chunks c, jsonb_each_text(c.seats) s
     where c.import_id = $1 group by 1 order by 1`,
    [row.id],
  );
  const fees = await sql.query<FeeRows>(
    `select f.code, f.setting, f."amountMinor" as amount_minor, f.currency, f.per, sum(f.rows)::int as rows
     from import_chunks c, jsonb_to_recordset(c.fees) as f (code text, setting text, "amountMinor" int, currency text, per text, rows int)
     where c.import_id = $1 group by 1, 2, 3, 4, 5 order by 1, 2, 3`,
    [row.id],
  );
  const free = new Map<string, number>();
  const containers = row.state === 'ready' ? await loadFitting(sql) : [];
  for (const container of containers)
    free.set(container.region, (free.get(container.region) ?? 0) + headRoom(container));
  return importPlan({ needed: row.state === 'ready' ? seats : [], free, fees });
}

/** An import as the interface answers it. */
export function importAnswer(row: ImportRow, plan: ImportPlan | null): ImportAnswer {
  const self = `/v1/imports/${row.id}`;
  return {
    id: row.id,
    type: row.type,
    mode: row.mode,
    format: row.format,
    state: row.state,
    dryRun: row.dryRun,
    label: row.label,
    errorBudget: row.errorBudget,
    paused: pausedOf(row),
    columns: row.layout.columns.map((column, at) => ({ column, field: row.layout.fields[at] ?? null })),
    totals: totalsOf(row),
    changedSinceCheck: row.changed,
    progress: progressOf(row, row),
    plan,
    createdAt: row.createdAt,
    checkedAt: row.checkedAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    links: { self, rows: `${self}/rows`, failed: `${self}/failed.csv`, results: `${self}/results.csv` },
  };
}

function totalsOf(row: ImportRow): ImportTotals {
  const { rows, create, update, unchanged, invalid, conflict, pending, running, done, failed, skipped } = row;
  const totals = { rows, create, update, unchanged, invalid, conflict, pending, running, done, failed, skipped };
  return toldTotals(row.state, totals);
}

function pausedOf({ state, pausedReason, pausedDetail, pausedAt }: ImportRow): ImportAnswer['paused'] {
  if (state !== 'paused' || pausedReason === null || pausedAt === null) return null;
  return { reason: pausedReason, detail: pausedDetail ?? '', since: pausedAt };
}
