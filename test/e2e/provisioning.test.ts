import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { addContainers, BACKENDS, type Stack, startStack } from '../support/stack.ts';

const STEPS = ['reserve-seat', 'create-tenant', 'apply-settings', 'create-site', 'verify-tenant', 'activate-tenant'];

describe.each(BACKENDS)('provisioning on %s queues', (backend) => {
  let stack: Stack;
  let api: Api;

  beforeAll(async () => {
    stack = await startStack({ backend, intakes: 2, workers: 2 });
    api = await stack.client();
    await addContainers(api, [{ id: '100001', capacity: 999 }]);
  });
  afterAll(() => stack.stop());

  it('sets up a customer with container, tenant, site, settings and porting PIN', async () => {
    const fields = {
      externalRef: 'crm-42',
      tags: ['west'],
      timeZone: 'America/Los_Angeles',
      retention: { voicemail: 180 },
    };
    const answer = await api.call('POST', '/v1/jobs', {
      body: provisioning(fields),
      headers: { prefer: 'wait=20', 'idempotency-key': '"first"' },
    });
    expect(answer).toMatchObject({ status: 202, body: { state: 'completed', attempt: 1, failure: null } });
    expect(answer.headers.get('location')).toBe(`/v1/jobs/${answer.body.id}`);
    const customer = await api.customer('ref:crm-42');
    expect(customer).toMatchObject({
      id: answer.body.customerId,
      name: 'ABC Dental',
      serviceStatus: 'active',
      container: { id: '100001' },
      tenant: { number: '001', domain: 't001.c100001.sip.qvara.test', state: 'active' },
      sites: [{ name: 'Main' }],
      settings: {
        retention: { fax: 90, callRecording: 90, voicemail: 180, sms: 90 },
        transcription: { engine: 'none', sentimentAnalysis: false },
      },
      portingPin: { set: true },
      tags: ['west'],
    });
    expect(answer.body.fees).toEqual([expect.objectContaining({ setting: 'retention.voicemail', per: 'month' })]);
    const revealed = await api.call('POST', '/v1/customers/ref:crm-42/porting-pin/reveal');
    expect(revealed.body.portingPin).toMatch(/^[0-9]{10}$/);
  });

  it('shows every step succeeded, and the events tell the same story in order', async () => {
    const { id } = await api.post(provisioning());
    const job = await api.ended(id);
    expect(job.steps.map(({ name, state }) => [name, state])).toEqual(STEPS.map((name) => [name, 'succeeded']));
    const events = await api.events(`jobId=${id}`);
    expect(events.map(({ data }) => data.jobSequence)).toEqual(events.map((_, index) => index + 1));
    const numbers = events.map(({ data }) => data.sequence);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    const told = events.filter(({ type }) => type === 'qvara.step.succeeded.v1').map(({ data }) => data.step);
    expect(told).toEqual(STEPS);
    expect(events.at(0)?.type).toBe('qvara.job.accepted.v1');
    expect(events.at(-1)?.type).toBe('qvara.job.completed.v1');
  });

  it('gives every customer of a burst a tenant number of its own', async () => {
    const jobs = await Promise.all(Array.from({ length: 60 }, () => api.post(provisioning())));
    await Promise.all(jobs.map(({ id }) => api.ended(id)));
    const customers = await Promise.all(jobs.map(({ customerId }) => api.customer(customerId)));
    expect(new Set(customers.map(({ tenant }) => tenant?.domain)).size).toBe(60);
    expect(customers.every(({ serviceStatus }) => serviceStatus === 'active')).toBe(true);
  });

  it('makes one job of one key posted 100 times at the same instant through two intakes', async () => {
    const headers = { 'idempotency-key': 'a-hundred' };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        api.call('POST', '/v1/jobs', { body: provisioning({ name: 'Once' }), headers }),
      ),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(answers.filter(({ headers: sent }) => sent.get('idempotent-replayed') !== 'true')).toHaveLength(1);
    const other = await api.call('POST', '/v1/jobs', { body: provisioning({ name: 'Twice' }), headers });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });
});
