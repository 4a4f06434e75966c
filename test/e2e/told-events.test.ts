import { type CloudEvent, EVENT_NAMES, eventSchema, eventType } from '@qvara/contracts/events';
import { EVENT_TYPE_NAMES, TEST_EVENT_TYPE } from '@qvara/contracts/webhooks';
import { clearFaults, scriptFault } from '@qvara/platform/sandbox-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type Judge, judgeBySchemasOf, strictValidator } from '../support/published-schemas.ts';
import { type RequestCatcher, startCatcher } from '../support/request-catcher.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

/** Told only where there is a history to compare with: test/e2e/late judges it. */
const NOT_HERE: readonly string[] = ['job.late'];
const TYPES = EVENT_NAMES.filter((name) => !NOT_HERE.includes(name)).map(eventType);

describe('every event that is told', () => {
  let stack: Stack;
  let api: Api;
  let catcher: RequestCatcher;
  let judge: Judge;
  let told: CloudEvent[];
  let webhookId: unknown;

  beforeAll(async () => {
    stack = await startStack({ backend: 'redis', env: { WEBHOOK_ALLOW: '127.0.0.0/8' } });
    api = await stack.client();
    catcher = await startCatcher();
    judge = judgeBySchemasOf(stack.intakes[0]?.url ?? '');
    webhookId = (await api.call('POST', '/v1/webhooks', { body: { url: catcher.url } })).body.id;
    await tellOfACustomer();
    await tellOfCapacity();
    await tellOfAFailure();
    await tellOfAnImport();
    told = await everything();
  });
  afterAll(async () => {
    await stack?.stop();
    await catcher?.close();
  });

  async function end(job: object) {
    const { id, customerId } = await api.post(job);
    await api.ended(id);
    return customerId;
  }

  async function tellOfACustomer(): Promise<void> {
    await addContainers(api, [{ id: '100001', capacity: 1, region: 'west' }]);
    const customerId = await end(provisioning({ region: 'west', retention: { voicemail: 180 } }));
    const change = async (type: string, payload: object) => await end({ type, customerId, payload });
    await change('customer.update', { name: 'XYZ Dental', timeZone: 'Europe/Berlin' });
    await change('retention.update', { sms: 365 });
    await change('transcription.update', { engine: 'standard', sentimentAnalysis: true });
    await change('porting-pin.generate', {});
    await api.call('POST', `/v1/customers/${customerId}/porting-pin/reveal`);
    await change('customer.suspend', { holder: 'billing', reason: 'unpaid' });
    await change('customer.resume', { holder: 'billing' });
  }

  async function tellOfCapacity(): Promise<void> {
    const [first, second] = [
      await api.post(provisioning({ region: 'west' })),
      await api.post(provisioning({ region: 'west' })),
    ];
    await Promise.all([first, second].map(({ id }) => api.reaches(id, 'held')));
    await api.call('POST', `/v1/jobs/${second.id}/cancel`);
    await api.call('PATCH', '/v1/containers/100001', { body: { capacity: 2 } });
    await Promise.all([first, second].map(({ id }) => api.ended(id)));
    await end({ type: 'customer.disconnect', customerId: first.customerId, payload: { reason: 'moved away' } });
  }

  async function tellOfAFailure(): Promise<void> {
    await addContainers(api, [{ id: '100002', capacity: 9, region: 'east' }]);
    const fault = { containerId: '100002', behaviour: 'fail' } as const;
    const { sandboxUrl } = stack.database;
    await scriptFault(sandboxUrl, { ...fault, verb: 'ensureTenants', code: 'platform-unavailable', times: 1 });
    await scriptFault(sandboxUrl, { ...fault, verb: 'observeTenants', code: 'platform-broken', times: null });
    const { id } = await api.post(provisioning({ region: 'east' }));
    await api.ended(id);
    await clearFaults(sandboxUrl);
    await api.call('POST', `/v1/jobs/${id}/retry`);
    await api.ended(id);
  }

  async function tellOfAnImport(): Promise<void> {
    const answer = await fetch(`${stack.intakes[0]?.url}/v1/imports?type=customer.provision`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'text/csv' },
      body: 'name,serviceType,industry,region\nOne,hosted-pbx,dental,east\nTwo,hosted-pbx,no-such,east\n',
    });
    expect(answer.status).toBe(202);
    await eventually(async () => (await log()).some(({ type }) => type === eventType('import.finished')), {
      deadlineMs: 40_000,
      describe: 'the import is over',
    });
  }

  /** The whole log, when it tells of the webhook that wants nothing any more. */
  async function everything(): Promise<CloudEvent[]> {
    await api.call('POST', `/v1/webhooks/${webhookId}/test`);
    await eventually(
      async () => {
        const delivered = new Set(caughtEvents().map(({ id }) => id));
        return (await log()).every(({ id }) => delivered.has(id));
      },
      { deadlineMs: 40_000, describe: 'every event is delivered' },
    );
    catcher.status = 410;
    await api.post(provisioning({ region: 'nowhere' }));
    return await eventually(
      async () => {
        const events = await log();
        return events.some(({ type }) => type === 'qvara.webhook.disabled.v1') ? events : undefined;
      },
      { deadlineMs: 40_000, describe: 'the webhook is disabled' },
    );
  }

  async function log(): Promise<CloudEvent[]> {
    const events: CloudEvent[] = [];
    for (;;) {
      const page = await api.events(`after=${events.at(-1)?.data.sequence ?? 0}`);
      events.push(...page);
      if (page.length < 200) return events;
    }
  }

  const caughtEvents = () => catcher.caught.map(({ body }) => JSON.parse(body) as CloudEvent);

  it('fits the schema that is published of its type and tells nothing more, and every type is told', async () => {
    for (const event of told) {
      expect(await judge(event)).toBeNull();
      const name = EVENT_TYPE_NAMES.get(event.type);
      expect(name && eventSchema(name).safeParse(event).error, JSON.stringify(event)).toBeUndefined();
    }
    expect(new Set(told.map(({ type }) => type))).toEqual(new Set(TYPES));
  });

  it('fits it as a webhook gets it, with headers as the AsyncAPI document tells them', async () => {
    const document = (await api.call<{ components: { schemas: Record<string, object> } }>('GET', '/asyncapi.json'))
      .body;
    const validate = strictValidator().compile(document.components.schemas['webhook-headers'] as object);
    const bodies = caughtEvents();
    for (const body of bodies) expect(await judge(body)).toBeNull();
    for (const { headers } of catcher.caught) expect(validate(headers), JSON.stringify(validate.errors)).toBe(true);
    const types = TYPES.filter((type) => type !== eventType('webhook.disabled'));
    expect(new Set(bodies.map(({ type }) => type))).toEqual(new Set([...types, TEST_EVENT_TYPE]));
  });

  it('is like the example that its type is published with', async () => {
    const looks = ({ subject, data }: CloudEvent) => {
      const { state, scope, step, attempt, jobType, tenant } = data;
      const { jobId, customerId, importId, jobSequence, container } = data;
      const there = [subject, jobId, customerId, importId, jobSequence, container].map((part) => part !== null);
      return JSON.stringify({ state, scope, step, attempt, jobType, tenant: tenant?.state, there });
    };
    for (const type of TYPES) {
      const { examples } = (await api.call<{ examples: CloudEvent[] }>('GET', `/schemas/events/${type}.json`)).body;
      const seen = told.filter((event) => event.type === type).map(looks);
      expect(seen, type).toContain(looks(examples[0] as CloudEvent));
    }
  });
});
