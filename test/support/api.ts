import type { CustomerAnswer } from '@qvara/contracts/customers';
import type { CloudEvent } from '@qvara/contracts/events';
import type { JobAnswer } from '@qvara/contracts/job-answer';
import { eventually } from './eventually.ts';

export type Answer<Body = Record<string, unknown>> = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
};
export type CallOptions = {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
};

/** One client's way to talk to an intake over HTTP. */
export type Api = ReturnType<typeof createApi>;

const ENDED = new Set(['completed', 'failed', 'cancelled']);

/** Talks to the intakes in turn, with one key. */
export function createApi(urls: readonly string[], key: string, clientId = '') {
  let turn = 0;

  async function call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    { body, headers = {}, signal }: CallOptions = {},
  ): Promise<Answer<Body>> {
    const url = urls[turn++ % urls.length];
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : null) as Body };
  }

  /** Posts a job that must be accepted. */
  async function post(job: object, headers: Record<string, string> = {}): Promise<JobAnswer> {
    const answer = await call<JobAnswer>('POST', '/v1/jobs', { body: job, headers });
    if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function job(id: string): Promise<JobAnswer> {
    return (await call<JobAnswer>('GET', `/v1/jobs/${id}`)).body;
  }

  /** The job when it is in one of these states. */
  async function reaches(id: string, states: ReadonlySet<string>, deadlineMs = 20_000): Promise<JobAnswer> {
    let last: JobAnswer | undefined;
    return await eventually(
      async () => {
        last = await job(id);
        return states.has(last.state) ? last : undefined;
      },
      { deadlineMs, describe: () => `job ${id} to be ${[...states].join(' or ')}; it is ${JSON.stringify(last)}` },
    );
  }

  return {
    /** As it is sent. */
    key,
    clientId,
    call,
    post,
    job,
    reaches: (id: string, ...states: string[]) => reaches(id, new Set(states)),
    ended: (id: string, deadlineMs?: number) => reaches(id, ENDED, deadlineMs),
    async customer(idOrRef: string): Promise<CustomerAnswer> {
      return (await call<CustomerAnswer>('GET', `/v1/customers/${idOrRef}`)).body;
    },
    async events(query: string): Promise<CloudEvent[]> {
      const answer = await call<{ items: CloudEvent[] }>('GET', `/v1/events?limit=200&${query}`);
      return answer.body.items;
    },
  };
}

/** A provisioning with every required field. */
export function provisioning(fields: object = {}) {
  return {
    type: 'customer.provision',
    payload: { name: 'ABC Dental', serviceType: 'hosted-pbx', industry: 'dental', ...fields },
  };
}
