import type { ServiceStatus } from '@qvara/contracts/customers';
import type { Fault } from '@qvara/contracts/failure';
import type { JobPayload } from '@qvara/contracts/jobs';
import { newCustomer } from '@qvara/domain/customer';
import type { AcceptItem } from './accept-item.ts';
import { AGAIN } from './coalesce.ts';
import { lockLanes } from './lanes.ts';
import { rewriteRecord } from './provision-record.ts';
import type { Sql } from './sql.ts';

type Target = { readonly id: string; readonly fresh: boolean };

/** The customers that a batch's requests act on. Lanes of those that existed are locked. */
export type Targets = {
  readonly customers: ReadonlyMap<AcceptItem, Target>;
  readonly refused: ReadonlyMap<AcceptItem, Fault | typeof AGAIN>;
  readonly idOf: (item: AcceptItem) => string;
};

type Known = {
  readonly id: string;
  readonly clientId: string;
  readonly externalRef: string | null;
  readonly serviceStatus: ServiceStatus;
  readonly activatedAt: string | null;
};

/** Finds the customers of changes and makes those of provisionings; what cannot be accepted is refused. */
export async function findTargets(sql: Sql, items: readonly AcceptItem[]): Promise<Targets> {
  const customers = new Map<AcceptItem, Target>();
  const refused = new Map<AcceptItem, Fault | typeof AGAIN>();
  const provisions = items.filter((item) => item.request.type === 'customer.provision');
  const taken = await insertCustomers(sql, provisions);
  for (const item of provisions) if (!taken.has(item)) customers.set(item, { id: item.newCustomerId, fresh: true });
  const changes = items.filter((item) => item.request.type !== 'customer.provision');
  const known = await findKnown(sql, [...changes, ...taken]);
  for (const item of [...changes, ...taken]) {
    const customer = known.get(item);
    if (customer !== undefined) customers.set(item, { id: customer.id, fresh: false });
    else refused.set(item, unknown(item));
  }
  const existing = [...customers].filter(([, target]) => !target.fresh);
  const lanes = await lockLanes(
    sql,
    existing.map(([, target]) => target.id),
  );
  for (const [item, target] of existing) if (!lanes.has(target.id)) refused.set(item, AGAIN);
  const locked = existing.filter(([, target]) => lanes.has(target.id)).map(([item]) => item);
  judgeChanges(locked, { known, refused });
  await adopt(
    sql,
    locked.filter((item) => taken.has(item)),
    { known, refused },
  );
  return { customers, refused, idOf: (item) => (customers.get(item) as Target).id };
}

function unknown(item: AcceptItem): Fault {
  const { request } = item;
  if (request.type === 'customer.provision')
    return { code: 'unavailable', message: 'The customer with this externalRef is just ending.' };
  const name = request.customerId ?? `with externalRef ${JSON.stringify(request.customerRef)}`;
  return { code: 'customer-not-found', message: `There is no customer ${name}.` };
}

/** Inserts the customers of provisionings. Answers the items whose externalRef belongs to a living customer. */
async function insertCustomers(sql: Sql, items: readonly AcceptItem[]): Promise<Set<AcceptItem>> {
  if (items.length === 0) return new Set();
  const rows = items.map((item) => {
    const { settings, ...fields } = newCustomer(item.request.payload as JobPayload<'customer.provision'>);
    return {
      id: item.newCustomerId,
      client_id: item.clientId,
      job_id: item.jobId,
      name: fields.name,
      service_type: fields.serviceType,
      industry: fields.industry,
      external_ref: fields.externalRef,
      tags: fields.tags,
      time_zone: fields.timeZone,
      dialing_country: fields.dialingCountry,
      region: fields.region,
      settings,
    };
  });
  const inserted = await sql.query<{ id: string }>(
    `insert into customers (id, client_id, version, name, service_type, industry, external_ref, tags, time_zone, dialing_country,
       region, service_status, settings, provision_job_id, created_at, updated_at)
     select id, client_id, 1, name, service_type, industry, external_ref, tags, time_zone, dialing_country,
       region, 'pending', settings, job_id, clock_timestamp(), clock_timestamp()
     from jsonb_to_recordset($1) as r (id text, client_id text, job_id text, name text, service_type text, industry text,
       external_ref text, tags text[], time_zone text, dialing_country text, region text, settings jsonb)
     order by client_id collate "C", external_ref collate "C", id
     on conflict (client_id, external_ref) where external_ref is not null and service_status <> 'disconnected' do nothing
     returning id`,
    [JSON.stringify(rows)],
  );
  const made = inserted.map((row) => row.id);
  await sql.query('insert into lanes (customer_id, next_turn) select unnest($1::text[]), 2', [made]);
  const ids = new Set(made);
  return new Set(items.filter((item) => !ids.has(item.newCustomerId)));
}

/** The living customers that items name by id, or by reference within their client. An administrator may name any by id. */
async function findKnown(sql: Sql, items: readonly AcceptItem[]): Promise<Map<AcceptItem, Known>> {
  if (items.length === 0) return new Map();
  const names = items.map((item) => ({ item, ...nameOf(item) }));
  const rows = await sql.query<Known>(
    `select id, client_id, external_ref, service_status, activated_at from customers where id = any($1)
     union
     select c.id, c.client_id, c.external_ref, c.service_status, c.activated_at from customers c
     join unnest($2::text[], $3::text[]) as r (client_id, external_ref) using (client_id, external_ref)
     where c.service_status <> 'disconnected'`,
    [
      names.flatMap(({ id }) => id ?? []),
      names.filter(({ ref }) => ref).map(({ item }) => item.clientId),
      names.flatMap(({ ref }) => ref ?? []),
    ],
  );
  const found = names.map(({ item, id, ref }): [AcceptItem, Known | undefined] => {
    const own = (row: Known) => row.clientId === item.clientId;
    const byId = rows.find((row) => row.id === id && (own(row) || item.byAdmin));
    const byRef = rows.find((row) => row.externalRef === ref && own(row) && row.serviceStatus !== 'disconnected');
    return [item, id === undefined ? byRef : byId];
  });
  return new Map(found.filter((pair): pair is [AcceptItem, Known] => pair[1] !== undefined));
}

function nameOf({ request }: AcceptItem): { id: string | undefined; ref: string | undefined } {
  if (request.type === 'customer.provision') return { id: undefined, ref: request.payload.externalRef };
  return { id: request.customerId, ref: request.customerId === undefined ? request.customerRef : undefined };
}

type Judgement = {
  readonly known: ReadonlyMap<AcceptItem, Known>;
  readonly refused: Map<AcceptItem, Fault | typeof AGAIN>;
};

function judgeChanges(items: readonly AcceptItem[], { known, refused }: Judgement): void {
  for (const item of items) {
    if (item.request.type === 'customer.provision' || known.get(item)?.serviceStatus !== 'disconnected') continue;
    refused.set(item, { code: 'customer-disconnected', message: `Customer ${known.get(item)?.id} is disconnected.` });
  }
}

/** A provisioning of a reference whose earlier one failed and left nothing behind takes over that customer's record. */
async function adopt(sql: Sql, items: readonly AcceptItem[], { known, refused }: Judgement): Promise<void> {
  if (items.length === 0) return;
  const rows = await sql.query<{ id: string }>(
    `select c.id from customers c join jobs p on p.id = c.provision_job_id
     where c.id = any($1) and c.service_status = 'pending' and p.state = 'failed'
       and not exists (select from seats where customer_id = c.id)`,
    [items.map((item) => known.get(item)?.id)],
  );
  const free = new Set(rows.map((row) => row.id));
  for (const item of items) {
    const customer = known.get(item) as Known;
    if (free.delete(customer.id))
      await rewriteRecord(sql, { customerId: customer.id, jobId: item.jobId, payload: item.request.payload });
    else
      refused.set(item, {
        code: 'external-ref-taken',
        message: `The externalRef ${JSON.stringify(customer.externalRef)} belongs to customer ${customer.id}.`,
      });
  }
}
