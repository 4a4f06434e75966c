import type { ImportAnswer, ImportRowAnswer, ImportState, ImportTotals } from '@qvara/contracts/imports';
import type { Pool } from 'pg';
import type { Api } from './api.ts';
import { eventually } from './eventually.ts';

const ENDS: readonly ImportState[] = ['completed', 'completed-with-failures', 'cancelled'];

/** A row of a file as NDJSON has it. */
export type FileRow = Readonly<Record<string, unknown>>;

/** Rows that make customers with references of their own. */
export function customerRows(count: number, prefix: string, fields: FileRow = {}): FileRow[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `Company ${n + 1}`,
    serviceType: 'hosted-pbx',
    industry: 'dental',
    externalRef: `${prefix}-${n + 1}`,
    ...fields,
  }));
}

/** One client's way to bring files. */
export function importing(api: Api, url: string) {
  async function call<Body = ImportAnswer>(method: string, path: string, body?: string): Promise<Body> {
    const response = await fetch(`${url}/v1/imports${path}`, {
      method,
      headers: {
        authorization: `Bearer ${api.key}`,
        ...(body !== undefined && { 'content-type': 'application/x-ndjson' }),
      },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Body;
  }

  const read = (id: string) => call('GET', `/${id}`);

  async function reaches(id: string, states: readonly ImportState[], deadlineMs = 60_000): Promise<ImportAnswer> {
    let last: ImportAnswer | undefined;
    return await eventually(
      async () => {
        last = await read(id);
        return states.includes(last.state) ? last : undefined;
      },
      { deadlineMs, describe: () => `import ${id} to be ${states.join(' or ')}; it is ${JSON.stringify(last)}` },
    );
  }

  return {
    send: (rows: readonly FileRow[], query = 'type=customer.provision') =>
      call('POST', `?${query}`, rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
    act: (id: string, action: 'run' | 'pause' | 'resume' | 'cancel' | 'retry') => call('POST', `/${id}/${action}`),
    read,
    rows: async (id: string, query = '') =>
      (await call<{ items: ImportRowAnswer[] }>('GET', `/${id}/rows?limit=200${query}`)).items,
    reaches: (id: string, ...states: ImportState[]) => reaches(id, states),
    ended: (id: string, deadlineMs?: number) => reaches(id, ENDS, deadlineMs),
  };
}

const VERDICTS = ['create', 'update', 'unchanged', 'invalid', 'conflict'] as const;
const STATES = ['pending', 'running', 'done', 'failed', 'skipped'] as const;

/** Totals that do not add up, or that say otherwise than the rows: looked at as one statement sees both. */
export async function wrongTotals(pool: Pool, importId: string): Promise<object[]> {
  const sums = [
    ...VERDICTS.map((name) => [
      name,
      name === 'create' || name === 'update' ? `to_${name}` : name,
      `verdict = '${name}'`,
    ]),
    ...STATES.map((name) => [name, name, `state = '${name}'`]),
  ];
  const { rows } = await pool.query(
    `select c.chunk_no, c.rows, ${sums.map(([name, column]) => `c.${column} as "counted ${name}", r."${name}"`).join(', ')}
     from import_chunks c join (
       select chunk_no, count(*) as rows, ${sums.map(([name, , is]) => `count(*) filter (where ${is}) as "${name}"`).join(', ')}
       from import_rows where import_id = $1 group by chunk_no) r using (chunk_no)
     where c.import_id = $1 and (${sums.map(([name, column]) => `c.${column} <> r."${name}"`).join(' or ')}
       or c.rows <> r.rows or c.pending + c.running + c.done + c.failed + c.skipped <> c.rows)`,
    [importId],
  );
  return rows;
}

/** Looks at totals again and again while work goes on. Answers what it does, and whatever was wrong meanwhile. */
export async function watchingTotals<T>(
  pool: Pool,
  importId: string,
  work: () => Promise<T>,
): Promise<{ readonly done: T; readonly wrong: readonly object[] }> {
  const wrong: object[] = [];
  let over = false;
  async function look(): Promise<void> {
    while (!over) wrong.push(...(await wrongTotals(pool, importId)));
  }
  const looking = look();
  try {
    return { done: await work(), wrong };
  } finally {
    over = true;
    await looking;
  }
}

/** The part of totals that says how far rows have come. */
export function statesOf({ pending, running, done, failed, skipped }: ImportTotals) {
  return { pending, running, done, failed, skipped };
}
