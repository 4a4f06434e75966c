import type { JobRequest, JobType } from '@qvara/contracts/jobs';
import type { RowSituation } from '@qvara/domain/row-verdict';
import { wholeSettings } from '@qvara/domain/settings';
import type { CustomerRow } from './entities/customer.ts';
import type { ImportRecord, ImportRowRecord } from './entities/import.ts';
import type { Sql } from './sql.ts';

/** An import as far as its rows are judged by it. */
export type JudgedImport = Pick<ImportRecord, 'id' | 'clientId' | 'byAdmin' | 'type' | 'mode'>;
/** A row as far as it is judged. */
export type OpenRow = Pick<
  ImportRowRecord,
  'rowNo' | 'fields' | 'ref' | 'hash' | 'jobId' | 'verdict' | 'customerId'
> & {
  readonly copyNo: number | null;
  readonly tried: boolean;
};

type Asked = { readonly row: OpenRow; readonly request: JobRequest };
type Wish = { readonly rows: readonly OpenRow[]; readonly asked: readonly Asked[] };
type Situation = Pick<RowSituation, 'customer' | 'before' | 'first'>;
type Retryable = { readonly id: string; readonly type: JobType; readonly customerId: string };

/** What rows meet in the file and in the ledger. */
export type Situations = {
  /** Of rows without a reference that had no number yet: which of the rows with the same content each is. */
  readonly copies: ReadonlyMap<number, number>;
  /** Jobs of rows that failed and may go on. */
  readonly retryable: ReadonlyMap<string, Retryable>;
  of(row: OpenRow, request: JobRequest, copyNo: number | null): Situation;
};

/** Finds out what rows of an import meet. Statements that need no other's answer are called at once. */
export async function findSituations(sql: Sql, own: JudgedImport, { rows, asked }: Wish): Promise<Situations> {
  const names = asked.map(({ request }) => nameOf(request));
  const [copies, firsts, customers, retryable] = await Promise.all([
    countCopies(sql, own.id, rows),
    findFirsts(sql, own.id, rows),
    findCustomers(sql, own, names),
    findRetryable(sql, rows),
  ]);
  const copyOf = (row: OpenRow) => copies.get(row.rowNo) ?? row.copyNo;
  const before = await findBefore(
    sql,
    own,
    rows.map((row) => identityOf(row, copyOf(row))),
  );
  return {
    copies,
    retryable,
    of(row, request, copyNo) {
      const known = before.get(identityOf(row, copyNo));
      return {
        customer: customers(nameOf(request)),
        before: known?.hash === row.hash ? known : null,
        first: firsts.get(row.rowNo) ?? null,
      };
    },
  };
}

/** What a row is known again by. */
function identityOf({ ref, hash }: Pick<OpenRow, 'ref' | 'hash'>, copyNo: number | null): string {
  return ref === null ? `hash:${hash}#${copyNo}` : `ref:${ref}`;
}

type Name = { readonly id?: string | undefined; readonly ref?: string | undefined };

function nameOf(request: JobRequest): Name {
  if (request.type === 'customer.provision') return { ref: request.payload.externalRef };
  return request.customerId === undefined ? { ref: request.customerRef } : { id: request.customerId };
}

/** Counts equal rows once for each content, up to the chunk: not once for each row. */
async function countCopies(sql: Sql, importId: string, rows: readonly OpenRow[]): Promise<Map<number, number>> {
  const open = rows.filter(({ ref, copyNo }) => ref === null && copyNo === null);
  if (open.length === 0) return new Map();
  const numbers = open.map(({ rowNo }) => rowNo);
  const found = await sql.query<{ rowNo: number; copyNo: number }>(
    `select r.row_no, k.before + row_number() over (partition by r.hash order by r.row_no) as copy_no
     from (select h.hash, (select count(*) from import_rows p where p.import_id = $1 and p.hash = h.hash and p.ref is null
             and p.row_no < $2) as before from unnest($4::text[]) as h (hash)) k
     join import_rows r on r.import_id = $1 and r.hash = k.hash and r.ref is null and r.row_no between $2 and $3`,
    [importId, Math.min(...numbers), Math.max(...numbers), [...new Set(open.map(({ hash }) => hash))]],
  );
  return new Map(found.map(({ rowNo, copyNo }) => [rowNo, copyNo]));
}

/** The first row of the file with the same reference, of rows that are not that one. */
async function findFirsts(sql: Sql, importId: string, rows: readonly OpenRow[]): Promise<Map<number, number>> {
  const named = rows.filter(({ ref }) => ref !== null);
  if (named.length === 0) return new Map();
  const found = await sql.query<{ rowNo: number; first: number | null }>(
    `select k.row_no, (select p.row_no from import_rows p where p.import_id = $1 and p.ref = k.ref and p.row_no < k.row_no
       order by p.row_no limit 1) as first
     from unnest($2::int[], $3::text[]) as k (row_no, ref)`,
    [importId, named.map(({ rowNo }) => rowNo), named.map(({ ref }) => ref)],
  );
  return new Map(found.flatMap(({ rowNo, first }) => (first === null ? [] : [[rowNo, first] as const])));
}

type Found = CustomerRow & { readonly tenantState: string | null; readonly adoptable: boolean };

/** The customers that requests name: by id, or by reference among the client's living ones, as accepting finds them. */
async function findCustomers(sql: Sql, { clientId, byAdmin }: JudgedImport, names: readonly Name[]) {
  const ids = names.flatMap(({ id }) => id ?? []);
  const refs = names.flatMap(({ ref }) => ref ?? []);
  const select = `select cu.*, s.tenant_state, coalesce(p.state = 'failed', false) and cu.service_status = 'pending'
       and s.customer_id is null as adoptable`;
  const more = 'left join seats s on s.customer_id = cu.id left join jobs p on p.id = cu.provision_job_id';
  const [byId, byRef] = await Promise.all([
    ids.length === 0 ? [] : sql.query<Found>(`${select} from customers cu ${more} where cu.id = any($1)`, [ids]),
    // One by one: asked for all of them at once, a plan made while the client had few customers reads all of them.
    refs.length === 0
      ? []
      : sql.query<Found>(
          `${select} from unnest($2::text[]) as k (ref) cross join lateral (
             select c.* from customers c
             where c.client_id = $1 and c.external_ref = k.ref and c.service_status <> 'disconnected' limit 1) cu ${more}`,
          [clientId, [...new Set(refs)]],
        ),
  ]);
  const own = byId.filter((row) => byAdmin || row.clientId === clientId);
  const known = new Map(
    [...own.map((row) => [row.id, row] as const), ...byRef.map((row) => [`ref:${row.externalRef}`, row] as const)].map(
      ([name, row]) => [name, { ...row, settings: wholeSettings(row.settings) }],
    ),
  );
  return ({ id, ref }: Name) => known.get(id ?? `ref:${ref}`) ?? null;
}

async function findRetryable(sql: Sql, rows: readonly OpenRow[]): Promise<Map<string, Retryable>> {
  const ids = rows.flatMap(({ jobId }) => jobId ?? []);
  if (ids.length === 0) return new Map();
  const found = await sql.query<Retryable>(
    `select id, type, customer_id from jobs
     where id = any($1) and state = 'failed' and (failure ->> 'retryable')::boolean`,
    [ids],
  );
  return new Map(found.map((job) => [job.id, job]));
}

type Before = {
  readonly identity: string;
  readonly hash: string;
  readonly customerId: string;
  readonly lives: boolean;
};

/** What was brought in before under these identities. */
async function findBefore(sql: Sql, own: JudgedImport, identities: readonly string[]): Promise<Map<string, Before>> {
  if (identities.length === 0) return new Map();
  const found = await sql.query<Before>(
    `select n.identity, n.hash, n.customer_id, c.service_status <> 'disconnected' as lives
     from import_identities n join customers c on c.id = n.customer_id
     where n.client_id = $1 and n.type = $2 and n.identity = any($3)`,
    [own.clientId, own.type, [...new Set(identities)]],
  );
  return new Map(found.map((one) => [one.identity, one]));
}
