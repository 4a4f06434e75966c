import type { Pool } from 'pg';
import type { FuzzedRequest } from './fuzz-requests.ts';
import type { FuzzedAnswer } from './fuzz-wire.ts';

/** What the answers promised, counted as they came. */
export type Promised = {
  readonly jobs: Set<string>;
  readonly containers: Set<string>;
  readonly clients: Set<string>;
  readonly keys: Set<string>;
  /** What an entry of the reference data was answered to be; with several writers any of it. */
  readonly reference: Map<string, Set<string>>;
  reveals: number;
};

/** Counts from what is there already. */
export async function startPromises(pool: Pool): Promise<Promised> {
  const ids = async (table: string) => new Set(await column(pool, `select id from ${table}`));
  return {
    jobs: await ids('jobs'),
    containers: await ids('containers'),
    clients: await ids('clients'),
    keys: await ids('api_keys'),
    reference: new Map(),
    reveals: 0,
  };
}

type Told = { readonly id: string; readonly code: string };

/** Notes what a success promises. */
export function notePromise(promised: Promised, request: FuzzedRequest, { status, text }: FuzzedAnswer): void {
  const { call } = request;
  if (call === null || status < 200 || status > 202 || call.method === 'GET') return;
  const body = JSON.parse(text) as Told;
  const list = { addContainer: promised.containers, addClient: promised.clients, addKey: promised.keys };
  if (call.operationId === 'postJob' && status === 202) promised.jobs.add(body.id);
  else if (call.operationId === 'revealPortingPin') promised.reveals += 1;
  else if (call.operationId === 'putReference') noteEntry(promised, request.target, body);
  else if (Object.hasOwn(list, call.operationId)) list[call.operationId as keyof typeof list].add(body.id);
}

function noteEntry({ reference }: Promised, target: string, { code, ...entry }: Told): void {
  const name = target.split('?')[0]?.split('/').slice(3).join('/') ?? '';
  if (!name.endsWith(`/${code}`)) throw new Error(`${target} was answered with ${code}`);
  reference.set(name, (reference.get(name) ?? new Set()).add(canonical(entry)));
}

function canonical(entry: object): string {
  return JSON.stringify(Object.entries(entry).toSorted());
}

/** The ledger as the answers promised it: nothing more, nothing less. */
export async function compareLedger(pool: Pool, promised: Promised) {
  const ids = async (table: string) => (await column(pool, `select id from ${table}`)).toSorted();
  const sorted = (set: ReadonlySet<string>) => [...set].toSorted();
  return {
    jobs: { found: await ids('jobs'), promised: sorted(promised.jobs) },
    containers: { found: await ids('containers'), promised: sorted(promised.containers) },
    clients: { found: await ids('clients'), promised: sorted(promised.clients) },
    keys: { found: await ids('api_keys'), promised: sorted(promised.keys) },
    reveals: {
      found: await column(pool, `select id from audits where action = 'porting-pin.reveal'`).then((all) => all.length),
      promised: promised.reveals,
    },
  };
}

type Entry = { readonly name: string; readonly entry: object };

/** Entries of the reference data that nobody was answered, `before` being what was there. */
export async function unpromisedEntries(pool: Pool, before: readonly Entry[], { reference }: Promised) {
  const known = new Map(before.map(({ name, entry }) => [name, canonical(entry)]));
  const entries = await readEntries(pool);
  return entries.filter(({ name, entry }) => {
    const put = reference.get(name);
    return put === undefined ? known.get(name) !== canonical(entry) : !put.has(canonical(entry));
  });
}

/** The reference data, entry by entry. */
export async function readEntries(pool: Pool): Promise<Entry[]> {
  const { rows } = await pool.query<Entry>(`select list || '/' || code as name, entry from reference_entries`);
  return rows;
}

/** Each query finds what cannot be when every request was carried out wholly or not at all. */
const HALVES: Readonly<Record<string, string>> = {
  'jobs without steps': `select id from jobs where jsonb_array_length(steps) = 0`,
  'jobs without a lane': `select id from jobs j where not exists (select from lanes l where l.customer_id = j.customer_id and l.next_turn > j.turn)`,
  'jobs without a customer': `select id from jobs j where not exists (select from customers c where c.id = j.customer_id)`,
  'jobs not told as accepted once': `select j.id from jobs j left join events e on e.job_id = j.id and e.name = 'job.accepted' group by j.id having count(e.sequence) <> 1`,
  'jobs that count other events': `select j.id from jobs j left join events e on e.job_id = j.id group by j.id having count(e.sequence) <> j.event_count or max(e.job_sequence) <> j.event_count`,
  'events of no job': `select sequence::text as id from events e where job_id is not null and not exists (select from jobs j where j.id = e.job_id)`,
  'gaps between events': `select 'gap' as id from events having count(*) <> max(sequence) or min(sequence) <> 1`,
  'customers without their job': `select id from customers c where not exists (select from jobs j where j.id = c.provision_job_id and j.customer_id = c.id)`,
  'lanes without a customer': `select customer_id as id from lanes l where not exists (select from customers c where c.id = l.customer_id)`,
  'customers without a lane': `select id from customers c where not exists (select from lanes l where l.customer_id = c.id)`,
  'keys of no job': `select key as id from idempotency_keys k where not exists (select from jobs j where j.id = k.job_id)`,
  'external ids without their key': `select id from jobs j where external_id is not null and not exists (select from idempotency_keys k where (k.client_id, k.kind, k.key, k.job_id) = (j.client_id, 'external-id', j.external_id, j.id))`,
  'windows that count other bells': `select w.client_id as id from bell_windows w where outstanding <> (select count(*) from jobs j where (j.client_id, j.queue) = (w.client_id, w.queue) and j.bell = 'rung')`,
};

/** What is half done, by what it is. */
export async function findHalves(pool: Pool): Promise<Record<string, string[]>> {
  const found = await Promise.all(
    Object.entries(HALVES).map(async ([what, query]) => [what, await column(pool, query)] as const),
  );
  return Object.fromEntries(found.filter(([, ids]) => ids.length > 0));
}

async function column(pool: Pool, query: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(query);
  return rows.map(({ id }) => id);
}
