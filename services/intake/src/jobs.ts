import { page, plan } from '@qvara/contracts/api';
import { FAILURE_CODE_NAMES } from '@qvara/contracts/failure';
import { customerId, importId, jobId } from '@qvara/contracts/ids';
import { job, jobState } from '@qvara/contracts/job-answer';
import { JOB_TYPES, type JobRequest, jobRequest } from '@qvara/contracts/jobs';
import { newId } from '@qvara/runtime/ids';
import { cancelJob, retryJob } from '@qvara/store/control';
import { jobAnswer, listJobs, loadJob } from '@qvara/store/jobs';
import { wasAccepted } from '@qvara/store/replays';
import { z } from 'zod';
import { checkRequest } from './check-request.ts';
import { dryRun } from './dry-run.ts';
import { fingerprint } from './fingerprint.ts';
import { idempotencyKeyHeader } from './idempotency-key.ts';
import { JOB_EXAMPLES } from './job-examples.ts';
import { jobRefusal } from './job-refusal.ts';
import { answerPage, pageFields } from './paging.ts';
import type { Parts } from './parts.ts';
import { preferenceApplied, preferHeader } from './prefer.ts';
import { flag, given } from './query-fields.ts';
import { type Asked, type Reply, route } from './route.ts';
import { waitForEnd } from './wait-for-end.ts';

type Post = Asked<
  unknown,
  { dryRun: boolean },
  { 'Idempotency-Key'?: string | undefined; Prefer?: number | undefined },
  JobRequest
>;

async function postJob(parts: Parts, asked: Post): Promise<Reply> {
  const { body: request, viewer, headers } = asked;
  const sent = {
    clientId: viewer.clientId,
    fingerprint: fingerprint(asked.sent),
    idempotencyKey: headers['Idempotency-Key'] ?? null,
  };
  try {
    checkRequest(request, await parts.reference.read());
  } catch (refusal) {
    // Reference data may have changed since the first time: what was accepted then stays accepted.
    const externalId = request.externalId ?? null;
    if (asked.query.dryRun || !(await wasAccepted(parts.ledger, { ...sent, externalId }))) throw refusal;
  }
  if (asked.query.dryRun) return { status: 200, body: await dryRun(parts, viewer, request) };
  const ids = { jobId: newId('job'), newCustomerId: newId('cus') };
  const answer = await parts.accept({ ...sent, ...ids, byAdmin: viewer.admin, request });
  if (answer.outcome === 'refused') throw jobRefusal(answer.fault, request);
  const seconds = headers.Prefer ?? 0;
  const now = await waitForEnd(parts, asked, { job: answer.job, seconds });
  const replayed = answer.outcome === 'replayed' ? { 'Idempotent-Replayed': 'true' } : {};
  return {
    status: 202,
    body: jobAnswer(now),
    headers: { ...locationOf(now.id), ...preferenceApplied(seconds), ...replayed },
  };
}

function locationOf(id: string): Record<string, string> {
  return { Location: `/v1/jobs/${id}` };
}

const params = z.strictObject({ id: jobId });
const tag = 'Jobs';
const location = { Location: 'Where the job is followed' };

export const JOB_ROUTES = [
  route({
    method: 'post',
    path: '/v1/jobs',
    id: 'postJob',
    tag,
    scope: 'jobs:write',
    summary: 'Post a job',
    description:
      'A 202 means that the job is durable and will be carried out once, however often it is sent again with the same Idempotency-Key or externalId. With `dryRun=true` nothing is changed and the plan is answered.',
    query: z.strictObject({
      dryRun: flag
        .default(false)
        .meta({ description: 'Tell what would happen, and change nothing', override: { default: false } }),
    }),
    headers: z.strictObject({ 'Idempotency-Key': idempotencyKeyHeader, Prefer: preferHeader }),
    body: jobRequest,
    examples: JOB_EXAMPLES,
    answers: {
      202: {
        description: 'Accepted',
        schema: job,
        headers: {
          ...location,
          'Idempotent-Replayed': '`true` when an earlier request made the job',
          'Preference-Applied': 'The wait that was followed',
        },
      },
      200: { description: 'The plan, of a dry run', schema: plan },
    },
    refusals: [
      'idempotency-key-reused',
      'external-id-taken',
      'external-ref-taken',
      'customer-not-found',
      'customer-disconnected',
      'engine-required',
    ],
    handle: postJob,
  }),
  route({
    method: 'get',
    path: '/v1/jobs',
    id: 'listJobs',
    tag,
    scope: 'jobs:read',
    summary: 'List jobs, the newest first',
    query: z.strictObject({
      ...pageFields(jobId),
      state: jobState.optional(),
      type: z.enum(JOB_TYPES).optional(),
      customerId: customerId.optional(),
      importId: importId.optional().meta({ description: 'The import whose rows they carry out' }),
      code: z.enum(FAILURE_CODE_NAMES).optional().meta({ description: 'The code of the failure' }),
    }),
    answers: { 200: { description: 'A page of jobs', schema: page(job) } },
    handle: async ({ ledger }, { viewer, query }) => ({
      status: 200,
      body: answerPage(await listJobs(ledger, viewer, given(query)), jobAnswer),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/jobs/{id}',
    id: 'getJob',
    tag,
    scope: 'jobs:read',
    summary: 'Read a job, as it is now',
    params,
    headers: z.strictObject({ Prefer: preferHeader }),
    answers: {
      200: {
        description: 'The job',
        schema: job,
        headers: { ETag: 'For If-None-Match', 'Preference-Applied': 'The wait that was followed' },
      },
    },
    handle: async (parts, asked) => {
      const seconds = asked.headers.Prefer ?? 0;
      const found = await loadJob(parts.ledger, asked.viewer, asked.path.id);
      const now = await waitForEnd(parts, asked, { job: found, seconds });
      return { status: 200, body: jobAnswer(now), headers: preferenceApplied(seconds) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    id: 'cancelJob',
    tag,
    scope: 'jobs:write',
    summary: 'Cancel a job',
    description:
      'A provisioning can be cancelled until its activation starts, and undoes what it did; any other job until its first step.',
    params,
    answers: { 202: { description: 'The job, cancelled or undoing what it did', schema: job, headers: location } },
    refusals: ['job-not-cancellable'],
    handle: async ({ ledger, announce }, { viewer, path }) => {
      const row = await cancelJob(ledger, announce, { jobId: path.id, viewer });
      return { status: 202, body: jobAnswer(row), headers: locationOf(row.id) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/jobs/{id}/retry',
    id: 'retryJob',
    tag,
    scope: 'jobs:write',
    summary: 'Retry a failed job',
    description:
      'The job takes a new turn behind the other jobs of its customer and starts at the first step that has not succeeded.',
    params,
    answers: { 202: { description: 'The job, accepted again', schema: job, headers: location } },
    refusals: ['job-not-retryable', 'customer-already-provisioned'],
    handle: async ({ ledger, announce }, { viewer, path }) => {
      const row = await retryJob(ledger, announce, { jobId: path.id, viewer });
      return { status: 202, body: jobAnswer(row), headers: locationOf(row.id) };
    },
  }),
];
