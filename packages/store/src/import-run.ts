import { IMPORT_BELLS } from './import-bells.ts';
import type { Ledger } from './orm.ts';
import type { JudgedImport } from './row-situations.ts';
import { sqlOn } from './sql.ts';

/** How many bells may have been rung since one that is still answered. */
const STILL_ANSWERED = 2 * IMPORT_BELLS;

/** The import that a bell names. Null when it is not under way, or when so many bells came after that this one was thought lost. */
export async function findRungImport(
  ledger: Ledger,
  { id, bellNo }: { readonly id: string; readonly bellNo: number },
): Promise<JudgedImport | null> {
  const [row] = await sqlOn(ledger.pool).query<JudgedImport>(
    `select id, client_id, by_admin, type, mode from imports
     where id = $1 and state in ('checking', 'running') and bell_no - $2 < ${STILL_ANSWERED}`,
    [id, bellNo],
  );
  return row ?? null;
}
