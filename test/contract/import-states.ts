import type { RowError, RowState, RowVerdict } from '@qvara/contracts/imports';
import type { RunningIntake } from './running-intake.ts';

type Told = {
  readonly state: RowState;
  readonly verdict: RowVerdict;
  readonly code?: string;
  readonly message?: string;
};

const COUNTS = ['pending', 'running', 'done', 'failed', 'skipped'] as const;
const VERDICTS = {
  create: 'to_create',
  update: 'to_update',
  unchanged: 'unchanged',
  invalid: 'invalid',
  conflict: 'conflict',
};

/** Puts an import and its rows into states that a worker would bring them to; rows that are not named stay pending. */
export async function putInto(
  { ledger: { pool } }: RunningIntake,
  id: string,
  { state, rows }: { readonly state: string; readonly rows: Readonly<Record<number, Told>> },
): Promise<void> {
  for (const [row, told] of Object.entries(rows)) {
    const { code = 'invalid-value', message = 'is wrong.' } = told;
    const error: RowError = { field: 'name', code, message, remedy: 'Correct it.' };
    await pool.query(
      `update import_rows set state = $3, verdict = $4, errors = $5 where import_id = $1 and row_no = $2`,
      [id, Number(row), told.state, told.verdict, JSON.stringify(told.state === 'failed' ? [error] : [])],
    );
  }
  const counts = COUNTS.map(
    (name) => `${name} = (select count(*) from import_rows r where r.import_id = c.import_id
    and r.chunk_no = c.chunk_no and r.state = '${name}')`,
  );
  const verdicts = Object.entries(VERDICTS).map(
    ([verdict, column]) => `${column} = (select count(*) from import_rows r where r.import_id = c.import_id
      and r.chunk_no = c.chunk_no and r.verdict = '${verdict}')`,
  );
  await pool.query(
    `update import_chunks c set checked = true, ${[...counts, ...verdicts].join(', ')} where import_id = $1`,
    [id],
  );
  await pool.query('update imports set state = $2, checked_at = now() where id = $1', [id, state]);
}
