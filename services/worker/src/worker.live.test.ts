import { createHash, randomBytes } from 'node:crypto';
import type { JobRequest } from '@qvara/contracts/jobs';
import { openBackend } from '@qvara/queue/connection';
import { createProducer } from '@qvara/queue/producer';
import { newId } from '@qvara/runtime/ids';
import { createLogger } from '@qvara/runtime/logger';
import { acceptVerb } from '@qvara/store/accept';
import { coalesce } from '@qvara/store/coalesce';
import { loadCustomer } from '@qvara/store/customers';
import { readEvents } from '@qvara/store/event-log';
import { loadJob } from '@qvara/store/jobs';
import { closeLedger, openLedger } from '@qvara/store/orm';
import { seedLocal } from '@qvara/store/seed';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { startWorker } from './worker.ts';

it('sets a customer up', async () => {
  const db = await createTestDatabase();
  const ledger = await openLedger({ databaseUrl: db.url, clientWindow: 1000, quarantineDays: 30, sipDomain: 'sip.test' });
  const clientId = newId('cli');
  await seedLocal(ledger, { clientId, keyId: newId('key'), secretHash: randomBytes(32) });
  const backend = openBackend({ databaseUrl: db.url });
  const producer = createProducer(backend);
  const accept = coalesce(acceptVerb(ledger, ({ bells }) => void producer.ring(bells)));
  const logger = createLogger({ name: 'test', level: 'warn' });
  const worker = await startWorker(
    { DATABASE_URL: db.url, REDIS_URL: undefined, SECRET_KEY: [new Uint8Array(32)], PLATFORM: 'sandbox', PLATFORM_DATABASE_URL: db.sandboxUrl,
      HOST: '127.0.0.1', WORKER_PORT: 0, WORKER_CONCURRENCY: 64, SIP_DOMAIN: 'sip.test', TENANT_NUMBER_QUARANTINE_DAYS: 30, CLIENT_WINDOW: 1000, LOG_LEVEL: 'warn' } as never,
    logger,
  );
  const request: JobRequest = { type: 'customer.provision', payload: { name: 'A', serviceType: 'hosted-pbx', industry: 'dental' } };
  const jobId = newId('job');
  const answer = await accept({ jobId, newCustomerId: newId('cus'), clientId, byAdmin: true, request, fingerprint: createHash('sha256').update('x').digest('hex'), idempotencyKey: null });
  expect(answer.outcome).toBe('accepted');
  const viewer = { clientId, admin: false };
  const t0 = performance.now();
  const job = await eventually(async () => { const j = await loadJob(ledger, viewer, jobId); return j.finishedAt ? j : undefined; }, { deadlineMs: 10000, describe: 'x' });
  console.log(performance.now() - t0, job.state, JSON.stringify(job.steps.map((s) => [s.name, s.state])), JSON.stringify(job.failure));
  console.log(JSON.stringify(await loadCustomer(ledger, viewer, { id: job.customerId }), null, 1));
  console.log((await readEvents(ledger, viewer, { after: 0, limit: 100 })).map((e) => `${e.id} ${e.data.jobSequence} ${e.type} ${e.data.state} ${e.data.step} ${JSON.stringify(e.data.tenant)}`).join('\n'));
  const t1 = performance.now();
  const N = 1500;
  await Promise.all(Array.from({ length: N }, (_, i) => accept({ jobId: newId('job'), newCustomerId: newId('cus'), clientId, byAdmin: true, request, fingerprint: String(i), idempotencyKey: `k${i}` })));
  console.log('accepted', N, performance.now() - t1);
  await eventually(async () => (await ledger.pool.query("select count(*)::int as n from jobs where state='completed'")).rows[0].n === N + 1, { deadlineMs: 60000, describe: 'all' });
  console.log('done', performance.now() - t1);
  console.log((await ledger.pool.query('select * from bell_windows')).rows, (await ledger.pool.query('select count(*), max(sequence) from events')).rows);
  await worker.stop(5000);
  await producer.close(); await backend.close(); await closeLedger(ledger); await db.drop();
}, 100000);
