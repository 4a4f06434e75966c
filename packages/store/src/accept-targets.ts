import type { ServiceStatus } from '@qvara/contracts/customers';
import type { Fault } from '@qvara/contracts/failure';
import type { JobPayload } from '@qvara/contracts/jobs';
import { newCustomer } from '@qvara/domain/customer';
import type { AcceptItem } from './accept-item.ts';
import { AGAIN } from './coalesce.ts';
import { lockLanes } from './lanes.ts';
import { readOwners, rewriteRecord } from './provision-record.ts';
import type { Sql } from './sql.ts';

/** The customer of an accepted request; `fresh` when the request has just made it. */
export type Target = { readonly id: string; readonly ownerId: string; readonly fresh: boolean };

/** The customers that a batch's requests act on. Lanes of those that existed are locked. */
export type Targets = {
  readonly found: ReadonlyMap<AcceptItem, Target>;
  readonly refused: ReadonlyMap<AcceptItem, Fault | typeof AGAIN>;
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
  const refused = new Map<AcceptItem, Fault | typeof AGAIN>();
  const taken = await insertCustomers(sql, items.filter(isProvision));
  const naming = items.filter((item) => !isProvision(item) || taken.has(item));
  const known = await findKnown(sql, naming);
  for (const item of naming) if (!known.has(item)) refused.set(item, unknown(item));
  const lanes = await lockLanes(
    sql,
    [...known.values()].map(({ id }) => id),
  );
  for (const [item, { id }] of known) if (!lanes.has(id)) refused.set(item, AGAIN);
  const locked = naming.filter((item) => !refused.has(item));
  judgeChanges(
    locked.filter((item) => !taken.has(item)),
    { known, refused },
  );
  await adopt(
    sql,
    locked.filter((item) => taken.has(item)),
    { known, refused },
  );
  const accepted = items.filter((item) => !refused.has(item));
  const target = (item: AcceptItem) => {
    const customer = known.get(item);
    if (customer === undefined) return { id: item.newCustomerId, ownerId: item.clientId, fresh: true };
    return { id: customer.id, ownerId: customer.clientId, fresh: false };
  };
  return { found: new Map(accepted.map((item) => [item, target(item)])), refused };
}

function isProvision({ request }: AcceptItem): boolean {
  return request.type === 'customer.provision';
}

function unknown({ request }: AcceptItem): Fault | typeof AGAIN {
  // The customer who had this externalRef has just ended: the next batch makes a new one.
  if (request.type === 'customer.provision') return AGAIN;
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
    `with made as (
     insert into customers (id, client_id, version, name, service_type, industry, external_ref, tags, time_zone, dialing_country,
       region, service_status, settings, provision_job_id, created_at, updated_at)
     select id, client_id, 1, name, service_type, industry, external_ref, tags, time_zone, dialing_country,
       region, 'pending', settings, job_id, clock_timestamp(), clock_timestamp()
     from jsonb_to_recordset($1) as r (id text, client_id text, job_id text, name text, service_type text, industry text,
       external_ref text, tags text[], time_zone text, dialing_country text, region text, settings jsonb)
     order by client_id collate "C", external_ref collate "C", id
     on conflict (client_id, external_ref) where external_ref is not null and service_status <> 'disconnected' do nothing
     returning id)
     insert into lanes (customer_id, next_turn) select id, 2 from made returning customer_id as id`,
    [JSON.stringify(rows)],
  );
  const ids = new Set(inserted.map((row) => row.id));
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
    if (known.get(item)?.serviceStatus !== 'disconnected') continue;
    refused.set(item, {
      code: 'customer-disconnected',
      message: `Customer ${known.get(item)?.id} is disconnected.`,
    });
  }
}

/** A provisioning of a reference whose earlier one failed and left nothing behind takes over that customer's record. */
async function adopt(sql: Sql, items: readonly AcceptItem[], { known, refused }: Judgement): Promise<void> {
  if (items.length === 0) return;
  const rows = await readOwners(
    sql,
    items.map((item) => (known.get(item) as Known).id),
  );
  const adoptable = new Set(rows.filter((row) => row.adoptable).map(({ id }) => id));
  const ended = new Set(rows.filter((row) => row.serviceStatus === 'disconnected').map(({ id }) => id));
  for (const item of items) {
    const { id, externalRef } = known.get(item) as Known;
    const ref = JSON.stringify(externalRef);
    if (adoptable.delete(id))
      await rewriteRecord(sql, { customerId: id, jobId: item.jobId, payload: item.request.payload });
    // Its reference has become free since it was looked up.
    else if (ended.has(id)) refused.set(item, AGAIN);
    else
      refused.set(item, { code: 'external-ref-taken', message: `The externalRef ${ref} belongs to customer ${id}.` });
  }
}
