import { type EntityManager, UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import type { Settings } from '@qvara/contracts/settings';
import { sha256 } from '@qvara/runtime/crypto';
import { newId } from '@qvara/runtime/ids';
import pg from 'pg';
import { Customer, IdempotencyKey, Job, Lane } from '../entities.ts';
import { prepareAppend } from '../numbering.ts';
import { openOrm } from '../orm.ts';
import { acceptedEvent, defaultSettings, newSteps, type Subject } from '../story.ts';
import type { Acceptor } from './acceptor.ts';
import type { AcceptConfig } from './config.ts';
import { judge, type Provision } from './judge.ts';
import { openQueue } from './queue.ts';

/** One MikroORM transaction with the rows the product writes, and one message, for each request. */
export async function openPlainAccept(config: AcceptConfig): Promise<Acceptor> {
  const queue = openQueue(config);
  const orm = await openOrm(config.databaseUrl, config.connections);
  const append = await prepareOnce(config);
  const clientId = newId('cli');
  return {
    async handle(request, response) {
      const asked = judge(request, response);
      if (asked === null) return;
      const subject = { jobId: newId('job'), clientId, customerId: newId('cus') };
      const key = request.get('Idempotency-Key');
      try {
        const job = await orm.em.fork().transactional(async (tx) => {
          if (key !== undefined) createKey(tx, subject, { key, fingerprint: sha256(JSON.stringify(request.body)) });
          const created = createRows(tx, subject, asked);
          await tx.flush();
          await tx.execute(`select ${append}(?::jsonb)`, [JSON.stringify([acceptedEvent(subject)])]);
          return created;
        });
        await queue.add({ jobId: subject.jobId });
        response.status(202).json(job);
      } catch (error) {
        if (!(error instanceof UniqueConstraintViolationException)) throw error;
        response.status(409).json({ errors: [{ message: 'it was sent before' }] });
      }
    },
    async close() {
      await Promise.all([queue.close(), orm.close()]);
    },
  };
}

async function prepareOnce({ databaseUrl, numbering }: AcceptConfig): Promise<string> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const append = await prepareAppend(pool, numbering);
  await pool.end();
  return append;
}

function createKey(tx: EntityManager, { clientId, jobId }: Subject, own: { key: string; fingerprint: string }): void {
  tx.create(IdempotencyKey, { clientId, jobId, kind: 'key', ...own });
}

function createRows(
  tx: EntityManager,
  { jobId, clientId, customerId }: Subject,
  { type, externalId, payload }: Provision,
) {
  const now = new Date();
  const { name, serviceType, industry, tags = [] } = payload;
  const { externalRef = null, timeZone = null, dialingCountry = null, region = null } = payload;
  tx.create(Customer, {
    ...{ id: customerId, clientId, version: 1, name, serviceType, industry, tags, serviceStatus: 'pending' },
    ...{ externalRef, timeZone, dialingCountry, region, settings: mergeSettings(payload), provisionJobId: jobId },
    ...{ createdAt: now, updatedAt: now },
  });
  tx.create(Lane, { customerId, nextTurn: 2 });
  return tx.create(Job, {
    ...{
      id: jobId,
      clientId,
      ownerId: clientId,
      customerId,
      type,
      queue: 'provisioning',
      externalId: externalId ?? null,
    },
    ...{ payload, byAdmin: false, turn: 1, state: 'accepted', phase: 'forward', attempt: 1, steps: newSteps() },
    ...{ cancellable: true, acceptedAt: now, bell: 'none', bellNo: 0, eventCount: 1 },
  });
}

function mergeSettings({ retention, transcription }: Provision['payload']) {
  const settings = defaultSettings();
  return {
    retention: { ...settings.retention, ...retention },
    transcription: { ...settings.transcription, ...transcription },
  } as Settings;
}
