import type { CustomerRow } from './entities/customer.ts';
import type { Ledger } from './orm.ts';
import type { AdvanceItem, Written } from './run-write.ts';
import { changeSeats, releaseSeats, type SeatChange } from './seats.ts';
import type { Sql } from './sql.ts';

/** Writes what runs changed beside their jobs: customers, sites and seats, all statements at once. */
export async function applyChanges(sql: Sql, runs: readonly Written[]): Promise<void> {
  await Promise.all([updateCustomers(sql, runs), changeSites(sql, runs), changeSeats(sql, runs.flatMap(seatChange))]);
}

/** Gives back the seats of runs that say so, after what else they changed. The capacity lock must be held. */
export async function applyReleases(sql: Sql, ledger: Ledger, runs: readonly Written[]): Promise<void> {
  const released = runs.filter(({ item }) => item.changes?.seat === 'release').map(({ item }) => item.job.customerId);
  if (released.length > 0) await releaseSeats(sql, ledger, released);
}

const FIELDS = [
  'name',
  'serviceType',
  'industry',
  'externalRef',
  'tags',
  'timeZone',
  'dialingCountry',
  'serviceStatus',
  'suspensions',
  'settings',
  'portingPin',
  'portingPinAt',
  'activatedAt',
] as const satisfies readonly (keyof CustomerRow)[];

const COLUMNS =
  'name text, service_type text, industry text, external_ref text, tags text[], time_zone text, dialing_country text, service_status text, suspensions jsonb, settings jsonb, porting_pin text, porting_pin_at timestamptz, activated_at timestamptz';
const SETS = COLUMNS.split(', ').map((column) => {
  const name = column.split(' ')[0] as string;
  return `${name} = case when r.changed ? '${name}' then r.${name} else c.${name} end`;
});
const UPDATE = `update customers c set version = c.version + 1, updated_at = clock_timestamp(), ${SETS.join(', ')}
  from jsonb_to_recordset($1) as r (id text, changed jsonb, ${COLUMNS}) where c.id = r.id`;

async function updateCustomers(sql: Sql, runs: readonly Written[]): Promise<void> {
  const rows = runs.flatMap(({ item }) => {
    const change = item.changes?.customer;
    if (change === undefined) return [];
    const fields = FIELDS.filter((field) => field in change);
    const values = Object.fromEntries(fields.map((field) => [columnOf(field), change[field] ?? null]));
    return [{ id: item.job.customerId, changed: fields.map(columnOf), ...values }];
  });
  if (rows.length > 0) await sql.query(UPDATE, [JSON.stringify(rows)]);
}

function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

async function changeSites(sql: Sql, runs: readonly Written[]): Promise<void> {
  await Promise.all([addSites(sql, runs), removeSites(sql, runs)]);
}

async function addSites(sql: Sql, runs: readonly Written[]): Promise<void> {
  const added = runs.flatMap(({ item }) => {
    const site = item.changes?.site;
    return site === undefined || site === 'remove' ? [] : [{ ...site.add, customer_id: item.job.customerId }];
  });
  if (added.length === 0) return;
  await sql.query(
    `insert into sites (id, customer_id, name, created_at)
     select id, customer_id, name, clock_timestamp() from jsonb_to_recordset($1) as r (id text, customer_id text, name text)`,
    [JSON.stringify(added)],
  );
}

async function removeSites(sql: Sql, runs: readonly Written[]): Promise<void> {
  const removed = runs.filter(({ item }) => item.changes?.site === 'remove').map(({ item }) => item.job.customerId);
  if (removed.length > 0) await sql.query('delete from sites where customer_id = any($1)', [removed]);
}

function seatChange({ item, placed }: Written): SeatChange[] {
  // A seat that was placed with this write was written whole.
  const tenantStarted = placed === null && startsTenant(item);
  const { tenantState, seat } = item.changes ?? {};
  const strandedBy = seat === 'strand' ? item.job.id : null;
  if (!tenantStarted && tenantState === undefined && strandedBy === null) return [];
  return [{ customerId: item.job.customerId, tenantState: tenantState ?? null, tenantStarted, strandedBy }];
}

/** Whether a write begins the tenant on the platform: from then on its number is not free at once any more. */
export function startsTenant({ events }: AdvanceItem): boolean {
  return events.some((event) => event.type === 'step-started' && event.step === 'create-tenant');
}

/** The seat as the events of this write tell it; what is given back is told a last time. */
export function seatAfter({ item, seat }: Pick<Written, 'item' | 'seat'>) {
  const state = item.changes?.tenantState;
  return seat === null || state === undefined ? seat : { ...seat, tenantState: state };
}
