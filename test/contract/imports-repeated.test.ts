import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningIntake, startIntake } from './running-intake.ts';
import { csvOf, goodRows, type Uploader, uploader } from './uploads.ts';

let intake: RunningIntake;
let client: Uploader;

beforeAll(async () => {
  intake = await startIntake();
  client = uploader(intake, await intake.key());
});
afterAll(() => intake.close());

describe('an idempotency key', () => {
  const keyed = (value: string) => ({ headers: { 'Idempotency-Key': value } });

  it('answers a repeat with the first import, as it is now', async () => {
    const file = csvOf(goodRows(3, 'same'));
    const first = await client.upload(file, keyed('one'));
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    await intake.ledger.pool.query(`update imports set state = 'cancelled' where id = $1`, [first.body.id]);
    const again = await client.upload(file, keyed('"one"'));
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
    expect(again.body).toMatchObject({ id: first.body.id, state: 'cancelled', totals: { rows: 3, skipped: 3 } });
    const stranger = uploader(intake, await intake.key());
    expect((await stranger.upload(file, keyed('one'))).body.id).not.toBe(first.body.id);
  });

  it('is refused with another file, or another way to import it', async () => {
    const file = csvOf(goodRows(3, 'first'));
    await client.taken(file, keyed('two'));
    for (const [other, query] of [
      [csvOf(goodRows(3, 'other')), 'type=customer.provision'],
      [file, 'type=customer.provision&dryRun=true'],
    ] as const) {
      const { status, body } = await client.upload(other, { ...keyed('two'), query });
      expect([status, body.code]).toEqual([422, 'idempotency-key-reused']);
      expect(body.errors[0].header).toBe('Idempotency-Key');
    }
  });

  it('is refused with a file that differs in its last row only, however long it is', async () => {
    const rows = goodRows(3_000, 'long');
    await client.taken(csvOf(rows), keyed('long'));
    const other = csvOf([...rows.slice(0, -1), ...goodRows(3_000, 'gnol').slice(-1)]);
    expect(other).toHaveLength(csvOf(rows).length);
    const { status, body } = await client.upload(other, keyed('long'));
    expect([status, body.code]).toEqual([422, 'idempotency-key-reused']);
    expect((await client.upload(csvOf(rows), keyed('long'))).headers.get('idempotent-replayed')).toBe('true');
  });

  it('makes one import of what is sent many times at once', async () => {
    const file = csvOf(goodRows(600, 'crowd'));
    const answers = await Promise.all(Array.from({ length: 4 }, () => client.upload(file, keyed('crowd'))));
    const taken = answers.filter(({ status }) => status === 202);
    const waiting = answers.filter(({ status }) => status !== 202);
    expect(new Set(taken.map(({ body }) => body.id)).size).toBe(1);
    for (const { status, body, headers } of waiting)
      expect([status, body.code, headers.get('retry-after')]).toEqual([409, 'import-being-received', '15']);
    const again = await client.upload(file, keyed('crowd'));
    expect(again.body).toMatchObject({ id: taken[0]?.body.id, totals: { rows: 600 } });
  });

  it('may be used again when its first import was broken off long ago', async () => {
    const file = csvOf(goodRows(2, 'late'));
    const first = await client.taken(file, keyed('late'));
    await intake.ledger.pool.query(
      `update imports set state = 'receiving', touched_at = now() - interval '3 minutes' where id = $1`,
      [first.id],
    );
    const again = await client.upload(file, keyed('late'));
    expect([again.status, again.body.id === first.id]).toEqual([202, false]);
    expect((await client.get(`/v1/imports/${first.id}`)).status).toBe(404);
    const { rows } = await intake.ledger.pool.query('select from import_rows where import_id = $1', [first.id]);
    expect(rows).toEqual([]);
  });
});
