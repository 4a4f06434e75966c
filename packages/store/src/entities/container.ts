import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { ContainerState } from '@qvara/contracts/containers';
import type { Row } from './row.ts';
import { Timestamp } from './timestamp.ts';

export const Container = defineEntity({
  name: 'Container',
  tableName: 'containers',
  properties: {
    id: p.text().primary(),
    label: p.text(),
    region: p.text(),
    state: p.text().$type<ContainerState>(),
    capacity: p.integer(),
    /** Counted with every seat that is taken or given back, under the capacity lock. */
    seats: p.integer(),
    quarantined: p.integer(),
    /** Every number below it is taken or rests: the search for a free one begins here. */
    noFreeBelow: p.integer(),
    breakerFailures: p.integer(),
    breakerOpenUntil: p.type(Timestamp).$type<string>().nullable(),
    createdAt: p.type(Timestamp).$type<string>(),
  },
});
export type ContainerRow = Row<InferEntity<typeof Container>>;

export type TenantState = 'reserved' | 'inactive' | 'active' | 'suspended';

export const Seat = defineEntity({
  name: 'Seat',
  tableName: 'seats',
  properties: {
    containerId: p.text().primary(),
    number: p.text().primary(),
    customerId: p.text().nullable(),
    jobId: p.text().nullable(),
    state: p.text().$type<'taken' | 'stranded' | 'quarantined'>(),
    tenantState: p.text().$type<TenantState>(),
    tenantStarted: p.boolean(),
    since: p.type(Timestamp).$type<string>(),
    freeAt: p.type(Timestamp).$type<string>().nullable(),
  },
});
