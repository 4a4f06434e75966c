import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Failure } from '@qvara/contracts/failure';
import type { FeeLine, Held, JobState, JobStep } from '@qvara/contracts/job-answer';
import type { JobType, QueueName } from '@qvara/contracts/jobs';
import { type PackedStep, unpackSteps } from '../packed-steps.ts';
import type { Row } from './row.ts';
import { Timestamp } from './timestamp.ts';

export const Job = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  properties: {
    id: p.text().primary(),
    clientId: p.text(),
    /** The client whose customer this is: another than the sender when an administrator acts. */
    ownerId: p.text(),
    customerId: p.text(),
    type: p.text().$type<JobType>(),
    queue: p.text().$type<QueueName>(),
    externalId: p.text().nullable(),
    payload: p.json<Record<string, unknown>>(),
    expectedVersion: p.integer().nullable(),
    byAdmin: p.boolean(),
    turn: p.integer(),
    state: p.text().$type<JobState>(),
    phase: p.text().$type<'forward' | 'undo'>(),
    undo: p.text().$type<'complete' | 'incomplete'>().nullable(),
    attempt: p.integer(),
    steps: p.json<readonly PackedStep[]>(),
    held: p.json<Held>().nullable(),
    failure: p.json<Failure>().nullable(),
    failureCode: p.text().nullable().persist(false),
    result: p.json<Readonly<Record<string, unknown>>>().nullable(),
    fees: p.json<readonly FeeLine[]>(),
    cancellable: p.boolean(),
    cancelRequested: p.boolean(),
    abandonments: p.integer(),
    dueAt: p.type(Timestamp).$type<string>().nullable(),
    acceptedAt: p.type(Timestamp).$type<string>(),
    startedAt: p.type(Timestamp).$type<string>().nullable(),
    finishedAt: p.type(Timestamp).$type<string>().nullable(),
    begunAt: p.type(Timestamp).$type<string>().nullable(),
    lateAt: p.type(Timestamp).$type<string>().nullable(),
    claimNo: p.bigint('number'),
    claimToken: p.text().nullable(),
    writeNo: p.integer(),
    workerId: p.text().nullable(),
    bell: p.text().$type<'none' | 'due' | 'rung' | 'taken'>(),
    bellNo: p.integer(),
    rungAt: p.type(Timestamp).$type<string>().nullable(),
    eventCount: p.integer(),
    /** The row of an import that this job carries out. */
    importId: p.text().nullable(),
    importRow: p.integer().nullable(),
  },
});
export type StoredJob = Row<InferEntity<typeof Job>>;

/** A job as the verbs of this package work with it. */
export type JobRow = Omit<StoredJob, 'steps'> & { readonly steps: readonly JobStep[] };

/** A job, and what else was read with it, as a query of the table answers it. */
export type Stored<R extends JobRow> = Omit<R, 'steps'> & Pick<StoredJob, 'steps'>;

export function jobOf<R extends JobRow>(row: Stored<R>): R {
  return { ...row, steps: unpackSteps(row.steps) } as unknown as R;
}
