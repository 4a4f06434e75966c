import type { Counter, Evidence, ImportedRow, Job, Offence } from './evidence.ts';
import type { SentImport } from './import-load.ts';

const ENDED = new Set(['completed', 'completed-with-failures', 'cancelled']);

/** Files of which not every row was carried out once: imports that are gone or open, totals that lie, rows lost or done twice. */
export const findInexact: Counter = (evidence) => {
  const rows = Map.groupBy(evidence.rows, ({ import_id: id }) => id);
  const jobs = Map.groupBy(
    evidence.jobs.filter((job) => job.import_id !== null),
    (job) => `${job.import_id} ${job.import_row}`,
  );
  return [
    ...evidence.sums.map((what) => ({ what: `totals that do not add up: ${what}` })),
    ...evidence.sent.flatMap((one) => ofImport(evidence, one, rows.get(one.id) ?? [])),
    ...evidence.rows.flatMap((row) => ofRow(evidence, row, jobs.get(`${row.import_id} ${row.row_no}`) ?? [])),
    ...secondCustomers(evidence),
  ];
};

function ofImport({ imports }: Evidence, sent: SentImport, rows: readonly ImportedRow[]): Offence[] {
  const own = imports.find(({ id }) => id === sent.id);
  if (own === undefined) return [{ what: `import ${sent.id} is not there` }];
  const count = (state: string) => rows.filter((row) => row.state === state).length;
  const states = ['pending', 'running', 'done', 'failed', 'skipped'] as const;
  const offences = states.flatMap((state) =>
    count(state) === own[state] ? [] : [`has ${count(state)} rows ${state}, and says ${own[state]}`],
  );
  if (rows.length !== sent.rows) offences.push(`has ${rows.length} rows of ${sent.rows}`);
  if (!ENDED.has(own.state)) offences.push(`is still ${own.state}`);
  const bad = new Set(sent.bad);
  const wrongly = rows.filter((row) => bad.has(row.row_no) && row.state === 'done').map(({ row_no: no }) => no);
  if (wrongly.length > 0) offences.push(`has carried out bad rows: ${wrongly.join(', ')}`);
  return offences.map((what) => ({ what: `import ${sent.id} ${what}` }));
}

/**
 * A row is carried out by one job: the one it names, which ended as the row says. Another that was cancelled, or has failed
 * and left nothing, may come before it.
 */
function ofRow({ imports }: Evidence, row: ImportedRow, jobs: readonly Job[]): Offence[] {
  const name = `row ${row.row_no} of ${row.import_id}`;
  const state = imports.find(({ id }) => id === row.import_id)?.state ?? '';
  const job = jobs.find(({ id }) => id === row.job_id);
  const completed = jobs.filter((one) => one.state === 'completed');
  const offences: string[] = [];
  if (completed.length > 1) offences.push(`was carried out by ${completed.length} jobs`);
  if (row.state === 'done' && job?.state !== 'completed') offences.push(`is done, and its job is ${job?.state}`);
  if (row.state === 'failed' && job?.state === 'completed') offences.push('has failed, and its job is completed');
  if (ENDED.has(state) && state !== 'cancelled' && ['pending', 'running'].includes(row.state))
    offences.push(`is still ${row.state}`);
  return offences.map((what) => ({ what: `${name} ${what}`, ...(job && { jobId: job.id }) }));
}

/** Customers that live under one reference of one client. */
function secondCustomers({ customers }: Evidence): Offence[] {
  const living = customers.filter((one) => one.external_ref !== null && one.service_status !== 'disconnected');
  const same = Map.groupBy(living, (one) => `${one.client_id} ${one.external_ref}`);
  return [...same].flatMap(([ref, all]) =>
    all.length === 1 ? [] : [{ what: `${all.length} customers live as ${ref}`, customerId: all[0]?.id ?? '' }],
  );
}
