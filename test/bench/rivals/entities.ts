import { defineEntity, p } from '@mikro-orm/postgresql';
import type { Settings } from '@qvara/contracts/settings';
import type { PackedStep } from '@qvara/store/packed-steps';

export const Customer = defineEntity({
  name: 'RivalCustomer',
  tableName: 'customers',
  properties: {
    id: p.text().primary(),
    clientId: p.text(),
    version: p.integer(),
    name: p.text(),
    serviceType: p.text(),
    industry: p.text(),
    externalRef: p.text().nullable(),
    tags: p.array(),
    timeZone: p.text().nullable(),
    dialingCountry: p.text().nullable(),
    region: p.text().nullable(),
    serviceStatus: p.text(),
    settings: p.json<Settings>(),
    portingPin: p.text().nullable(),
    portingPinAt: p.datetime().nullable(),
    activatedAt: p.datetime().nullable(),
    provisionJobId: p.text(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

export const Site = defineEntity({
  name: 'RivalSite',
  tableName: 'sites',
  properties: { id: p.text().primary(), customerId: p.text(), name: p.text(), createdAt: p.datetime() },
});

export const Lane = defineEntity({
  name: 'RivalLane',
  tableName: 'lanes',
  properties: { customerId: p.text().primary(), nextTurn: p.integer() },
});

export const Job = defineEntity({
  name: 'RivalJob',
  tableName: 'jobs',
  properties: {
    id: p.text().primary(),
    clientId: p.text(),
    ownerId: p.text(),
    customerId: p.text(),
    type: p.text(),
    queue: p.text(),
    externalId: p.text().nullable(),
    payload: p.json<Record<string, unknown>>(),
    byAdmin: p.boolean(),
    turn: p.integer(),
    state: p.text(),
    phase: p.text(),
    attempt: p.integer(),
    steps: p.json<PackedStep[]>(),
    result: p.json<object>().nullable(),
    cancellable: p.boolean(),
    acceptedAt: p.datetime(),
    startedAt: p.datetime().nullable(),
    begunAt: p.datetime().nullable(),
    finishedAt: p.datetime().nullable(),
    bell: p.text(),
    bellNo: p.integer(),
    eventCount: p.integer(),
  },
});

export const Container = defineEntity({
  name: 'RivalContainer',
  tableName: 'containers',
  properties: {
    id: p.text().primary(),
    label: p.text(),
    state: p.text(),
    capacity: p.integer(),
    seats: p.integer(),
  },
});

export const Seat = defineEntity({
  name: 'RivalSeat',
  tableName: 'seats',
  properties: {
    containerId: p.text().primary(),
    number: p.text().primary(),
    customerId: p.text(),
    jobId: p.text(),
    state: p.text(),
    tenantState: p.text(),
    tenantStarted: p.boolean(),
  },
});

export const IdempotencyKey = defineEntity({
  name: 'RivalIdempotencyKey',
  tableName: 'idempotency_keys',
  properties: {
    clientId: p.text().primary(),
    kind: p.text().primary(),
    key: p.text().primary(),
    fingerprint: p.text(),
    jobId: p.text(),
  },
});

export const entities = [Customer, Site, Lane, Job, Container, Seat, IdempotencyKey];
