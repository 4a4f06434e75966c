import { afterEach, expect, test } from 'vitest';
import { type RunningIntake, send, startIntake } from '../../../test/contract/running-intake.ts';

let intake: RunningIntake | undefined;

afterEach(async () => {
  await intake?.close();
});

test('a pause says that the queues were told', async () => {
  intake = await startIntake();
  const admin = { method: 'POST', key: await intake.key() };
  for (const [verb, paused] of [
    ['pause', true],
    ['pause', true],
    ['resume', false],
  ] as const) {
    const { status, body } = await send(`${intake.url}/v1/queues/settings/${verb}`, admin);
    expect({ status, ...body }).toMatchObject({ status: 200, name: 'settings', paused, applied: true });
  }
});

test('a pause is kept while the queues cannot be told, and the answer says so', async () => {
  intake = await startIntake({ redisUrl: 'redis://127.0.0.1:1' });
  const key = await intake.key();
  const { status, body } = await send(`${intake.url}/v1/queues/settings/pause`, { method: 'POST', key });
  expect({ status, ...body }).toMatchObject({ status: 200, name: 'settings', paused: true, applied: false });
  const listed = await send(`${intake.url}/v1/queues`, { key });
  expect(listed.body.items[1]).toMatchObject({ name: 'settings', paused: true });
  expect(listed.body.items[1]).not.toHaveProperty('applied');
});
