import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Scope } from '@qvara/contracts/clients';
import type { Row } from './row.ts';
import { Timestamp } from './timestamp.ts';

export const Client = defineEntity({
  name: 'Client',
  tableName: 'clients',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    createdAt: p.type(Timestamp).$type<string>(),
  },
});

export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.text().primary(),
    clientId: p.text(),
    label: p.text().nullable(),
    scopes: p.array().$type<Scope[]>(),
    secretHash: p.blob(),
    createdAt: p.type(Timestamp).$type<string>(),
    revokedAt: p.type(Timestamp).$type<string>().nullable(),
  },
});
export type ApiKeyRow = Row<InferEntity<typeof ApiKey>>;

/** What an administrator, or an explicit reveal, did: written with the change itself. */
export const Audit = defineEntity({
  name: 'Audit',
  tableName: 'audits',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    at: p.type(Timestamp).$type<string>(),
    keyId: p.text(),
    clientId: p.text(),
    action: p.text(),
    subject: p.text(),
    detail: p.json<Record<string, unknown>>(),
  },
});
