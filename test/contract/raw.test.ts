import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisioning } from '../support/api.ts';
import { redisUrl, uniquePrefix } from '../support/redis.ts';
import { type Asked, expectNoComplaints } from './fuzz-complaints.ts';
import { findHalves } from './fuzz-ledger.ts';
import { type Said, say } from './raw-connection.ts';
import { type RawRequest, rawRequests, wellFormed } from './raw-requests.ts';
import { type Key, type RunningIntake, send, startIntake } from './running-intake.ts';

const CASES = 2_000;
const AT_ONCE = 40;

let intake: RunningIntake;
let key: Key;

beforeAll(async () => {
  intake = await startIntake({ redisUrl: redisUrl(), queuePrefix: uniquePrefix() });
  key = await intake.key();
});
afterAll(() => intake.close());

async function jobsNamed(externalId: string): Promise<string[]> {
  const { rows } = await intake.ledger.pool.query('select id from jobs where external_id = $1', [externalId]);
  return rows.map(({ id }) => id);
}

const accepted = new Set<string>();

async function ask(request: RawRequest): Promise<Asked> {
  const said = await say(intake.url, request.bytes, request);
  for (const [, id] of said.text.matchAll(/"id":"(job_\w{26})"/g)) accepted.add(String(id));
  const complaint = complaintAbout(said, request);
  return { complaint: complaint && `${complaint}, in "${said.text.slice(0, 500)}"`, ms: said.ms };
}

/** A request line with more spaces than one may be read all the same (RFC 9112, section 3). */
function isLenient(bytes: Buffer): boolean {
  return /^[A-Z]+ {2,}\S+ +HTTP\/1\.1 *\r\n/.test(bytes.toString('latin1'));
}

/** What is wrong with what the server said, whenever it came; null when nothing is. */
function complaintAbout({ text, statuses }: Said, { bytes, mustRefuse, leaving }: RawRequest): string | null {
  if (statuses.some((status) => status >= 500)) return `it is answered ${statuses}`;
  if (!leaving && !statuses.some((status) => status >= 200)) return 'it is not answered';
  if (mustRefuse && !isLenient(bytes) && statuses.some((status) => status < 400)) return `it is taken (${statuses})`;
  const refusals = statuses.filter((status) => status >= 400).length;
  const told = text.split('Content-Type: application/problem+json').length - 1;
  return told < refusals ? 'no problem is told' : null;
}

describe('bytes that are no proper request', () => {
  it('are refused or cut off at once, and the server goes on', async () => {
    await expectNoComplaints(rawRequests(key.text, provisioning()), { cases: CASES, atOnce: AT_ONCE, ask });
    expect((await send(`${intake.url}/v1/jobs`, { key })).status).toBe(200);
    const { rows } = await intake.ledger.pool.query('select id from jobs');
    expect(rows.map(({ id }) => id).toSorted()).toEqual([...accepted].toSorted());
    expect(await findHalves(intake.ledger.pool)).toEqual({});
  });

  it('make no job when they end midway, wherever that is', async () => {
    const whole = wellFormed(key.text, { ...provisioning(), externalId: 'cut' });
    const cuts = Array.from({ length: 40 }, (_, n) => Math.floor((whole.length * n) / 40));
    const said = await Promise.all(
      cuts.map((at) => say(intake.url, Buffer.from(whole.slice(0, at)), { leaving: true })),
    );
    expect(said.flatMap(({ statuses }) => statuses).filter((status) => status < 400)).toEqual([]);
    expect(await jobsNamed('cut')).toEqual([]);
  });

  it('behind a proper request do not take its answer away', async () => {
    const whole = wellFormed(key.text, { ...provisioning(), externalId: 'before-rubbish' });
    const { statuses } = await say(intake.url, Buffer.from(`${whole}HELLO\r\n\r\n`));
    expect(statuses).toEqual([202, 400]);
    expect(await jobsNamed('before-rubbish')).toHaveLength(1);
  });
});

describe('requests one behind the other', () => {
  it('are answered in their order', async () => {
    const many = Array.from({ length: 20 }, (_, n) =>
      wellFormed(key.text, { ...provisioning(), externalId: `pipe-${n}` }, ...(n === 19 ? ['Connection: close'] : [])),
    );
    const { text, statuses } = await say(intake.url, Buffer.from(many.join('')));
    expect(statuses).toEqual(many.map(() => 202));
    const told = [...text.matchAll(/"externalId":"(pipe-\d+)"/g)].map(([, externalId]) => externalId);
    expect(told).toEqual(many.map((_, n) => `pipe-${n}`));
  });
});
