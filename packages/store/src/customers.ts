import type { Page } from '@qvara/contracts/api';
import type { CustomerAnswer, ServiceStatus } from '@qvara/contracts/customers';
import { CodedError } from '@qvara/contracts/failure';
import { tenantDomain } from '@qvara/contracts/ids';
import type { Customer } from '@qvara/domain/customer';
import { wholeSettings } from '@qvara/domain/settings';
import { writeAudit } from './audits.ts';
import { repeatConflicts } from './coalesce.ts';
import type { CustomerRow } from './entities/customer.ts';
import { appendEvents, customerEvent } from './events.ts';
import { pageOf } from './jobs.ts';
import type { Ledger } from './orm.ts';
import { type Owner, readOwners } from './provision-record.ts';
import { type SeatColumns, seatColumns, seatOf } from './seat-view.ts';
import { type Sql, sqlOn, transact } from './sql.ts';
import { type Viewer, visibleClient } from './viewer.ts';

type Full = CustomerRow & SeatColumns & { readonly sites: { id: string; name: string }[] };

const SELECT = `select cu.*, ${seatColumns},
    coalesce((select jsonb_agg(jsonb_build_object('id', si.id, 'name', si.name) order by si.id) from sites si where si.customer_id = cu.id), '[]') as sites
  from customers cu left join seats s on s.customer_id = cu.id left join containers c on c.id = s.container_id`;

/** Names one customer: by id, or by the client's own reference among living customers. */
export type CustomerName = { readonly id: string } | { readonly externalRef: string };

/** Loads a customer the viewer may see. Throws `not-found`. */
export async function loadCustomer(ledger: Ledger, viewer: Viewer, name: CustomerName): Promise<CustomerAnswer> {
  return answer(await find(sqlOn(ledger.pool), viewer, name), ledger.sipDomain);
}

/** A customer's record, with the state of its tenant; that is null while it holds no seat. */
export type CustomerRecord = Customer & { readonly tenantState: string | null };

/** Loads the record that rules judge by. Throws `not-found`. */
export async function loadRecord(ledger: Ledger, viewer: Viewer, name: CustomerName): Promise<CustomerRecord> {
  const row = await find(sqlOn(ledger.pool), viewer, name);
  return { ...row, tenantState: seatOf(row)?.tenantState ?? null };
}

async function find(sql: Sql, viewer: Viewer, name: CustomerName): Promise<Full> {
  const byId = 'id' in name;
  // A reference is unique within its client only: also an administrator's key means its own client's.
  const where = byId
    ? 'cu.id = $1 and ($2::text is null or cu.client_id = $2)'
    : `cu.external_ref = $1 and cu.client_id = $2 and cu.service_status <> 'disconnected'`;
  const values = byId ? [name.id, visibleClient(viewer)] : [name.externalRef, viewer.clientId];
  const [row] = await sql.query<Full>(`${SELECT} where ${where}`, values);
  if (row !== undefined) return { ...row, settings: wholeSettings(row.settings) };
  throw new CodedError(
    'not-found',
    `There is no customer ${byId ? name.id : `with externalRef ${JSON.stringify(name.externalRef)}`}.`,
  );
}

/** The living customer who has this reference of the viewer's client, as a provisioning would find it; null without one. */
export async function findOwner(ledger: Ledger, viewer: Viewer, externalRef: string): Promise<Owner | null> {
  const sql = sqlOn(ledger.pool);
  const row = await find(sql, viewer, { externalRef }).catch((error: unknown) => {
    if (error instanceof CodedError && error.code === 'not-found') return null;
    throw error;
  });
  return row && ((await readOwners(sql, [row.id]))[0] ?? null);
}

export type CustomerQuery = {
  readonly limit: number;
  readonly cursor?: string;
  readonly serviceStatus?: ServiceStatus;
};

/** A page of customers, the newest first. */
export async function listCustomers(
  ledger: Ledger,
  viewer: Viewer,
  query: CustomerQuery,
): Promise<Page<CustomerAnswer>> {
  const rows = await sqlOn(ledger.pool).query<Full>(
    `${SELECT} where ($1::text is null or cu.client_id = $1) and ($2::text is null or cu.id < $2)
       and ($3::text is null or cu.service_status = $3) order by cu.id desc limit $4`,
    [visibleClient(viewer), query.cursor ?? null, query.serviceStatus ?? null, query.limit + 1],
  );
  return pageOf(
    rows.map((row) => answer(row, ledger.sipDomain)),
    query.limit,
  );
}

function answer(row: Full, sipDomain: string): CustomerAnswer {
  const {
    id,
    version,
    name,
    serviceType,
    industry,
    externalRef,
    tags,
    timeZone,
    dialingCountry,
    region,
    serviceStatus,
  } = row;
  const seat = seatOf(row);
  return {
    id,
    version,
    name,
    serviceType,
    industry,
    externalRef,
    tags: [...tags],
    timeZone,
    dialingCountry,
    region,
    serviceStatus,
    suspensions: row.suspensions.map(({ holder, reason, since }) => ({ holder, reason, since })),
    settings: wholeSettings(row.settings),
    portingPin: { set: row.portingPin !== null, generatedAt: row.portingPinAt },
    container: seat && { id: seat.containerId, label: seat.containerLabel, region: seat.containerRegion },
    tenant: seat && {
      number: seat.number,
      domain: tenantDomain(seat.containerId, seat.number, sipDomain),
      state: seat.tenantState,
    },
    sites: row.sites,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

type Reveal = { readonly viewer: Viewer; readonly keyId: string; readonly name: CustomerName };

/**
 * The sealed porting PIN of a customer, for whoever may open it. That it was asked for is audited, and told as an
 * event, in the same commit. Throws `not-found`, also while there is no PIN. Answers the new last event number.
 */
export async function takePortingPin(ledger: Ledger, { viewer, keyId, name }: Reveal) {
  const reveal = () =>
    transact(ledger.pool, async (sql) => {
      const row = await find(sql, viewer, name);
      if (row.portingPin === null || row.portingPinAt === null)
        throw new CodedError('not-found', `Customer ${row.id} has no porting PIN yet.`);
      await writeAudit(sql, {
        keyId,
        clientId: viewer.clientId,
        action: 'porting-pin.reveal',
        subject: row.id,
        detail: {},
      });
      const draft = { name: 'porting-pin.revealed', detail: { keyId } } as const;
      const lastEvent = await appendEvents(sql, [customerEvent(ledger, row, { draft, seat: seatOf(row) })]);
      return { customerId: row.id, sealed: row.portingPin, generatedAt: row.portingPinAt, lastEvent };
    });
  return await repeatConflicts(reveal);
}
