import type { FailureCode } from '@qvara/contracts/failure';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { listContainers, previewPlacement } from './containers.ts';
import { freeRested } from './sweep.ts';
import { accepted, addRoom, openProcess, type Process, provision } from './test-ledger.ts';
import { claimRun, giveUp, runUntil } from './test-run.ts';

const closing: (() => Promise<void>)[] = [];
let one: Process;

beforeEach(async () => {
  const database = await createTestDatabase();
  one = await openProcess(database.url);
  closing.push(one.close, database.drop);
});
afterAll(async () => {
  for (const close of closing) await close();
});

/** A provisioning whose tenant the platform refuses to create. */
async function fail(code: FailureCode = 'platform-broken'): Promise<void> {
  const { id } = await accepted(one, provision());
  await giveUp(await runUntil(await claimRun(one, id), 'create-tenant'), code);
}

const breakers = async () => (await listContainers(one.ledger)).map(({ breaker }) => breaker);

it('a platform that refuses three times in a row gets nobody for a while, then somebody again', async () => {
  const sick = await addRoom(one, 100);
  const well = await addRoom(one, 10);
  for (let n = 0; n < 3; n += 1) await fail();
  expect(await breakers()).toMatchObject([{ failures: 3, openUntil: expect.any(String) }, { openUntil: null }]);
  expect((await previewPlacement(one.ledger, null)).container?.id).toBe(well);
  const { id } = await accepted(one, provision());
  const run = await runUntil(await claimRun(one, id), 'create-tenant');
  expect(run.seat?.containerId).toBe(well);
  await one.rows("update containers set breaker_open_until = clock_timestamp() - interval '1 second' where id = $1", [
    sick,
  ]);
  await freeRested(one.ledger, one.announce);
  expect(await breakers()).toMatchObject([{ failures: 0, openUntil: null }, { openUntil: null }]);
  expect((await previewPlacement(one.ledger, null)).container?.id).toBe(sick);
});

it('held jobs go on when a breaker closes', async () => {
  await addRoom(one, 100);
  for (let n = 0; n < 3; n += 1) await fail();
  const { id } = await accepted(one, provision());
  const run = await runUntil(await claimRun(one, id), 'end');
  expect(run.job.held?.detail).toContain('1 breaker open');
  await one.rows("update containers set breaker_open_until = clock_timestamp() - interval '1 second'");
  await freeRested(one.ledger, one.announce);
  expect((await runUntil(await claimRun(one, id), 'end')).job.state).toBe('completed');
});

it('a tenant that was created between two refusals begins the count anew', async () => {
  await addRoom(one, 100);
  await fail();
  await fail();
  const { id } = await accepted(one, provision());
  await runUntil(await claimRun(one, id), 'apply-settings');
  await fail();
  expect(await breakers()).toEqual([{ failures: 1, openUntil: null }]);
});

it('errors of ours and platforms that do not answer open no breaker', async () => {
  await addRoom(one, 100);
  for (const code of ['internal', 'internal', 'internal', 'platform-unavailable', 'step-timed-out'] as const)
    await fail(code);
  expect(await breakers()).toEqual([{ failures: 0, openUntil: null }]);
});
