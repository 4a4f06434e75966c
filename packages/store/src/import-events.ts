import type { EventDetail, EventName } from '@qvara/contracts/events';
import { progressOf, toldTotals } from '@qvara/domain/import-progress';
import type { ImportRecord } from './entities/import.ts';
import type { EventDrafts } from './events.ts';
import { totalsOf } from './import-totals.ts';
import type { Sql } from './sql.ts';

type Told = Pick<ImportRecord, 'id' | 'clientId' | 'type' | 'state' | 'pausedReason' | 'pausedDetail'> & {
  readonly rate: number | null;
};

/** What is told of an import as the transaction leaves it: to be appended as its last act. */
export async function importEvents(sql: Sql, importId: string): Promise<EventDrafts[]> {
  const [[own], totals] = await Promise.all([
    sql.query<Told>(
      'select id, client_id, type, state, paused_reason, paused_detail, rate from imports where id = $1',
      [importId],
    ),
    totalsOf(sql, [importId]),
  ]);
  return own === undefined ? [] : [toldOf(own, totals.get(importId) as Totals, 'import.progressed')];
}

type Totals = Parameters<typeof progressOf>[1] & { readonly changed?: number; readonly unchecked?: number };
type ImportEvent = Extract<EventName, `import.${string}`>;

/** An event of an import. */
export function toldOf(own: Told, sums: Totals, name: ImportEvent): EventDrafts {
  const { changed: _, unchecked: __, ...counted } = sums;
  const totals = toldTotals(own.state, counted);
  const { pausedReason: reason, pausedDetail: detail } = own;
  const told: EventDetail<ImportEvent> = {
    importState: own.state,
    totals,
    progress: progressOf(own, totals),
    paused: own.state === 'paused' && reason !== null ? { reason, detail: detail ?? '' } : null,
  };
  return {
    client_id: own.clientId,
    customer_id: null,
    job_id: null,
    job_last: null,
    import_id: own.id,
    subject: own.id,
    common: { jobType: own.type, container: null, tenant: null },
    told: [{ name, state: null, scope: 'import', ...told }],
  };
}
