import type { Sql } from './sql.ts';

/** What was done by whom, to be kept: written in the transaction of the deed itself. `detail` must hold no secrets. */
export type AuditEntry = {
  readonly keyId: string;
  readonly clientId: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** Writes an audit entry. */
export async function writeAudit(sql: Sql, entry: AuditEntry): Promise<void> {
  await sql.query('insert into audits (key_id, client_id, action, subject, detail) values ($1, $2, $3, $4, $5)', [
    entry.keyId,
    entry.clientId,
    entry.action,
    entry.subject,
    JSON.stringify(entry.detail),
  ]);
}
