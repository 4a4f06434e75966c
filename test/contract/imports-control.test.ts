import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putInto } from './import-states.ts';
import { type RunningIntake, startIntake } from './running-intake.ts';
import { csvOf, goodRows, type Uploader, uploader } from './uploads.ts';

let intake: RunningIntake;
let client: Uploader;

beforeAll(async () => {
  intake = await startIntake();
  client = uploader(intake, await intake.key());
});
afterAll(() => intake.close());

const STATES = [
  ...['receiving', 'checking', 'ready', 'running', 'paused'],
  ...['completed', 'completed-with-failures', 'cancelled'],
];
const FAILED = { state: 'failed', verdict: 'invalid' } as const;
const DONE = { state: 'done', verdict: 'create' } as const;

async function importIn(state: string, rows: Parameters<typeof putInto>[2]['rows'] = {}): Promise<string> {
  const { id } = await client.taken(csvOf(goodRows(5, `in-${state}`)));
  await putInto(intake, id, { state, rows });
  return id;
}

describe('what an import may be told', () => {
  it.each([
    ['run', ['ready'], 'running'],
    ['pause', ['checking', 'running', 'paused'], 'paused'],
    ['resume', ['paused'], 'running'],
    ['cancel', ['checking', 'ready', 'running', 'paused'], 'cancelled'],
    ['retry', ['ready', 'paused', 'completed-with-failures'], 'checking'],
  ] as const)('%s is answered by 202 from %s, and else by a 409 that says why', async (...[name, from, to]) => {
    for (const state of STATES) {
      const id = await importIn(state, { 2: FAILED });
      const { status, body, headers } = await client.post(`/v1/imports/${id}/${name}`);
      if ((from as readonly string[]).includes(state)) {
        expect([status, body.state], `${name} from ${state}`).toEqual([202, to]);
        expect(headers.get('location')).toBe(`/v1/imports/${id}`);
        expect((await client.get(`/v1/imports/${id}`)).body.state).toBe(to);
      } else {
        expect([status, body.code]).toEqual([409, expect.stringMatching(/^import-not-\w+able$/)]);
        expect(body.detail).toContain(state);
        expect((await client.get(`/v1/imports/${id}`)).body.state).toBe(state);
      }
    }
  });

  it('pause and resume say so, and what failed until then counts against no budget any more', async () => {
    const id = await importIn('running', { 1: FAILED, 2: FAILED });
    const paused = (await client.post(`/v1/imports/${id}/pause`)).body.paused;
    expect(paused).toMatchObject({ reason: 'by-request', since: expect.any(String) });
    expect((await client.post(`/v1/imports/${id}/pause`)).body.paused).toEqual(paused);
    expect((await client.post(`/v1/imports/${id}/resume`)).body.paused).toBeNull();
    const { rows } = await intake.ledger.pool.query('select failed_before from imports where id = $1', [id]);
    expect(rows).toEqual([{ failed_before: 2 }]);
  });

  it('pause takes the word from what paused by itself', async () => {
    const id = await importIn('paused');
    await intake.ledger.pool.query(
      `update imports set paused_reason = 'no-capacity', paused_detail = 'full', paused_at = now() where id = $1`,
      [id],
    );
    expect((await client.get(`/v1/imports/${id}`)).body.paused).toMatchObject({
      reason: 'no-capacity',
      detail: 'full',
    });
    expect((await client.post(`/v1/imports/${id}/pause`)).body.paused).toMatchObject({ reason: 'by-request' });
  });

  it('resume goes on with the check of an import that was paused in the midst of it', async () => {
    const id = await importIn('paused');
    await intake.ledger.pool.query('update import_chunks set checked = false where import_id = $1', [id]);
    expect((await client.post(`/v1/imports/${id}/resume`)).body.state).toBe('checking');
  });

  it('cancel skips what has not begun; what runs goes on', async () => {
    const running = { state: 'running', verdict: 'create' } as const;
    const id = await importIn('running', { 1: DONE, 2: FAILED, 3: running });
    const { body } = await client.post(`/v1/imports/${id}/cancel`);
    expect(body.totals).toMatchObject({ rows: 5, pending: 0, running: 1, done: 1, failed: 1, skipped: 2 });
    expect((await client.rows(id)).map(({ state }) => state)).toEqual([
      'done',
      'failed',
      'running',
      'skipped',
      'skipped',
    ]);
    expect((await client.rows(id, '&state=skipped')).map(({ row }) => row)).toEqual([4, 5]);
    expect(await client.rows(id, '&state=pending')).toEqual([]);
    expect((await client.csv(id, 'results')).slice(4).map((line) => line.split(',')[3])).toEqual([
      'skipped',
      'skipped',
    ]);
  });
});

describe('a retry', () => {
  it('has failed rows checked again, forgets what was said of them, and keeps what was tried', async () => {
    const conflict = { state: 'failed', verdict: 'conflict' } as const;
    const id = await importIn('completed-with-failures', { 1: DONE, 2: FAILED, 3: conflict, 4: DONE, 5: DONE });
    await intake.ledger.pool.query(
      `update import_rows set job_id = 'job_1', attempts = '[{"attempt":1}]' where import_id = $1 and row_no = 3`,
      [id],
    );
    const { body } = await client.post(`/v1/imports/${id}/retry`);
    expect(body).toMatchObject({ state: 'checking', checkedAt: null, finishedAt: null });
    expect(body.totals).toMatchObject({ rows: 5, done: 3, failed: 0, pending: 2, create: 3, invalid: 0, conflict: 0 });
    const rows = await client.rows(id, '&state=pending');
    expect(rows).toMatchObject([
      { row: 2, verdict: null, errors: [] },
      { row: 3, verdict: null, errors: [], jobId: 'job_1', attempts: [{ attempt: 1 }] },
    ]);
    const { rows: chunks } = await intake.ledger.pool.query('select checked from import_chunks where import_id = $1', [
      id,
    ]);
    expect(chunks).toEqual([{ checked: false }]);
  });

  it('is refused while rows run, and when none has failed', async () => {
    for (const [rows, words] of [
      [{ 1: DONE }, 'No row'],
      [{ 1: FAILED, 2: { state: 'running', verdict: 'create' } as const }, 'still running'],
    ] as const) {
      const { status, body } = await client.post(`/v1/imports/${await importIn('paused', rows)}/retry`);
      expect([status, body.code]).toEqual([409, 'import-not-retryable']);
      expect(body.detail).toContain(words);
    }
  });

  it('of many rows changes all of their chunks in one commit', async () => {
    const { id } = await client.taken(csvOf(goodRows(12_000, 'wide')));
    const { pool } = intake.ledger;
    await pool.query(`update import_rows set state = 'failed', verdict = 'invalid' where import_id = $1`, [id]);
    await pool.query(
      `update import_chunks set pending = 0, failed = rows, invalid = rows, checked = true where import_id = $1`,
      [id],
    );
    await pool.query(`update imports set state = 'completed-with-failures' where id = $1`, [id]);
    const { body } = await client.post(`/v1/imports/${id}/retry`);
    expect(body.totals).toMatchObject({ rows: 12_000, pending: 12_000, failed: 0, invalid: 0 });
  });
});

describe('a plan', () => {
  it('tells seats and fees of a dry run, and how many seats are missing where', async () => {
    const id = await importIn('ready', {});
    const key = await intake.key();
    await fetch(`${intake.url}/v1/containers`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key.text}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: '100001', label: 'One', region: 'west', capacity: 3 }),
    });
    const fee = { code: 'retention-sms', setting: 'retention.sms', amountMinor: 200, currency: 'USD', per: 'month' };
    await intake.ledger.pool.query(
      `update import_chunks set seats = '{"west": 2, "": 3}', fees = $2 where import_id = $1`,
      [id, JSON.stringify([{ ...fee, rows: 2 }])],
    );
    const { body } = await client.get(`/v1/imports/${id}`);
    expect(body.plan).toEqual({
      capacity: [
        { region: 'west', needed: 2, free: 3, missing: 0 },
        { region: null, needed: 3, free: 1, missing: 2 },
      ],
      fees: [{ ...fee, rows: 2 }],
    });
  });
});
