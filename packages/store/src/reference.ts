import { REFERENCE_LISTS, type Reference, type ReferenceList } from '@qvara/contracts/reference';
import { writeAudit } from './audits.ts';
import { asUnavailable } from './coalesce.ts';
import type { Administrator } from './containers.ts';
import { ReferenceEntry } from './entities/reference-entry.ts';
import { entityManager, type Ledger } from './orm.ts';
import { transact } from './sql.ts';

/** Reads the whole reference data. */
export async function readReference(ledger: Ledger): Promise<Reference> {
  const rows = await entityManager(ledger).find(
    ReferenceEntry,
    {},
    { orderBy: { list: 'asc', position: 'asc', code: 'asc' } },
  );
  const lists = REFERENCE_LISTS.map((list) => [
    list,
    rows.filter((row) => row.list === list).map((row) => ({ code: row.code, ...row.entry })),
  ]);
  return Object.fromEntries(lists) as Reference;
}

const KEPT_MS = 5_000;

/** The reference data, read again when it is asked for and older than five seconds. */
export function createReferenceReader(ledger: Ledger): () => Promise<Reference> {
  let kept: { at: number; reference: Promise<Reference> } | null = null;
  return () => {
    if (kept === null || performance.now() - kept.at > KEPT_MS) {
      const reference = readReference(ledger).catch((error: unknown) => {
        throw asUnavailable(error);
      });
      kept = { at: performance.now(), reference };
      reference.catch(() => {
        kept = null;
      });
    }
    return kept.reference;
  };
}

type Put = { readonly list: ReferenceList; readonly code: string; readonly entry: Readonly<Record<string, unknown>> };

/** Adds or replaces an entry of a reference list. Its place in the list stays, a new one goes to the end. */
export async function putReference(ledger: Ledger, by: Administrator, { list, code, entry }: Put): Promise<void> {
  await transact(ledger.pool, async (sql) => {
    await sql.query(
      `insert into reference_entries (list, code, position, entry)
       select $1, $2, coalesce(max(position), 0) + 1, $3 from reference_entries where list = $1
       on conflict (list, code) do update set entry = excluded.entry`,
      [list, code, JSON.stringify(entry)],
    );
    await writeAudit(sql, { ...by, action: 'reference.put', subject: `${list}/${code}`, detail: entry });
  });
}
