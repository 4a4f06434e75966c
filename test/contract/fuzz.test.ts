import { parseAllow } from '@qvara/outbound/targets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisUrl, uniquePrefix } from '../support/redis.ts';
import { complaintAbout } from './fuzz-answers.ts';
import { type Asked, expectNoComplaints } from './fuzz-complaints.ts';
import {
  compareLedger,
  findHalves,
  notePromise,
  type Promised,
  readEntries,
  startPromises,
  unpromisedEntries,
} from './fuzz-ledger.ts';
import { type FuzzedRequest, requests } from './fuzz-requests.ts';
import type { InterfaceDocument } from './fuzz-schema.ts';
import { openWire } from './fuzz-wire.ts';
import { prepareWorld, type World } from './fuzz-world.ts';
import { type RunningIntake, send, startIntake } from './running-intake.ts';

const CASES = Number(process.env.FUZZ_CASES ?? 10_000);
const AT_ONCE = 50;

let intake: RunningIntake;
let document: InterfaceDocument;
let world: World;
let promised: Promised;
let entries: Awaited<ReturnType<typeof readEntries>>;
let wire: ReturnType<typeof openWire>;
const statuses = new Map<number, number>();

beforeAll(async () => {
  intake = await startIntake({
    redisUrl: redisUrl(),
    queuePrefix: uniquePrefix(),
    webhookAllow: parseAllow('127.0.0.0/8'),
  });
  document = (await send(`${intake.url}/openapi.json`)).body;
  world = await prepareWorld(intake);
  promised = await startPromises(intake.ledger.pool);
  entries = await readEntries(intake.ledger.pool);
  wire = openWire(intake.url);
});
afterAll(async () => {
  wire.close();
  await intake.close();
});

async function ask(request: FuzzedRequest): Promise<Asked> {
  const answer = await wire.send(request).catch((error: Error) => `it is not answered (${error})`);
  if (typeof answer === 'string') return { complaint: answer, ms: 0 };
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
  notePromise(promised, request, answer);
  return { complaint: complaintAbout(answer, request, document), ms: answer.ms };
}

describe('ten thousand hostile requests', () => {
  it('are each answered in time, without an error of ours, and as the document tells', async () => {
    await expectNoComplaints(requests(document, world), { cases: CASES, atOnce: AT_ONCE, ask });
  });

  it('lead into the handlers in a good part', () => {
    const count = (from: number) =>
      [...statuses].filter(([status]) => status >= from && status < from + 100).reduce((sum, [, n]) => sum + n, 0);
    expect(count(200) / CASES).toBeGreaterThan(1 / 5);
    expect(count(400) / CASES).toBeGreaterThan(1 / 4);
  });

  it('leave nothing half done, and nothing that was not answered', async () => {
    const { pool } = intake.ledger;
    expect(await findHalves(pool)).toEqual({});
    for (const [what, { found, promised: told }] of Object.entries(await compareLedger(pool, promised)))
      expect(found, what).toEqual(told);
    expect(await unpromisedEntries(pool, entries, promised)).toEqual([]);
    expect(promised.jobs.size).toBeGreaterThan(world.jobs.length + CASES / 50);
  });
});
