import { Migration } from '@mikro-orm/migrations';
import { sql } from '@mikro-orm/postgresql';
import { REFERENCE_LISTS, REFERENCE_SEED } from '@qvara/contracts/reference';
import { events } from './events.ts';
import { imports } from './imports.ts';
import { jobTimes } from './job-times.ts';
import { ledger } from './ledger.ts';
import { webhooks } from './webhooks.ts';

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

class Webhooks extends Migration {
  override up(): void {
    for (const statement of webhooks) this.addSql(statement);
  }
}

class Imports extends Migration {
  override up(): void {
    for (const statement of imports) this.addSql(statement);
  }
}

class JobTimes extends Migration {
  override up(): void {
    for (const statement of jobTimes) this.addSql(statement);
  }
}

/** Every migration in order. A name, once released, never changes. */
export const migrationsList = [
  { name: '0001-ledger', class: Ledger },
  { name: '0002-webhooks', class: Webhooks },
  { name: '0003-imports', class: Imports },
  { name: '0004-job-times', class: JobTimes },
];
