import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { ServiceStatus } from '@qvara/contracts/customers';
import type { Settings } from '@qvara/contracts/settings';
import type { Suspension } from '@qvara/domain/suspension';
import type { Row } from './row.ts';
import { Timestamp } from './timestamp.ts';

export const Customer = defineEntity({
  name: 'Customer',
  tableName: 'customers',
  properties: {
    id: p.text().primary(),
    clientId: p.text(),
    version: p.integer(),
    name: p.text(),
    serviceType: p.text(),
    industry: p.text(),
    externalRef: p.text().nullable(),
    tags: p.array().$type<string[]>(),
    timeZone: p.text().nullable(),
    dialingCountry: p.text().nullable(),
    region: p.text().nullable(),
    serviceStatus: p.text().$type<ServiceStatus>(),
    suspensions: p.json<readonly Suspension[]>(),
    settings: p.json<Settings>(),
    portingPin: p.text().nullable(),
    portingPinAt: p.type(Timestamp).$type<string>().nullable(),
    activatedAt: p.type(Timestamp).$type<string>().nullable(),
    provisionJobId: p.text(),
    createdAt: p.type(Timestamp).$type<string>(),
    updatedAt: p.type(Timestamp).$type<string>(),
  },
});
export type CustomerRow = Row<InferEntity<typeof Customer>>;

export const Site = defineEntity({
  name: 'Site',
  tableName: 'sites',
  properties: {
    id: p.text().primary(),
    customerId: p.text(),
    name: p.text(),
    createdAt: p.type(Timestamp).$type<string>(),
  },
});

export const Lane = defineEntity({
  name: 'Lane',
  tableName: 'lanes',
  properties: {
    customerId: p.text().primary(),
    nextTurn: p.integer(),
  },
});
