import { Migration } from '@mikro-orm/migrations';
import { sql } from '@mikro-orm/postgresql';
import { REFERENCE_LISTS, REFERENCE_SEED } from '@qvara/contracts/reference';
import { events } from './events.ts';
import { ledger } from './ledger.ts';

class Ledger extends Migration {
  override up(): void {
    for (const statement of [...ledger, ...events]) this.addSql(statement);
    const rows = REFERENCE_LISTS.flatMap((list) =>
      REFERENCE_SEED[list].map(({ code, ...entry }, index) => ({ list, code, position: index + 1, entry })),
    );
    this.addSql(sql`insert into reference_entries (list, code, position, entry)
      select list, code, position, entry from jsonb_to_recordset(${JSON.stringify(rows)}) as r (list text, code text, position int, entry jsonb)`);
  }
}

/** Every migration in order. A name, once released, never changes. */
export const migrationsList = [{ name: '0001-ledger', class: Ledger }];
