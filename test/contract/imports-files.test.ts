import { importResult } from '@qvara/contracts/imports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putInto } from './import-states.ts';
import { type RunningIntake, send, startIntake } from './running-intake.ts';
import { csvOf, goodRows, HEADER, type Uploader, uploader } from './uploads.ts';

let intake: RunningIntake;
let client: Uploader;

beforeAll(async () => {
  intake = await startIntake();
  client = uploader(intake, await intake.key());
});
afterAll(() => intake.close());

const FAILED = { state: 'failed', verdict: 'invalid', code: 'invalid-value', message: 'is wrong.' } as const;
const DONE = { state: 'done', verdict: 'create' } as const;
const WHY = 'invalid-value,name is wrong. Correct it.';

/** An import of these lines of which some rows have failed. */
async function failedImport(text: string, rows: readonly number[], options = {}): Promise<string> {
  const { id, totals } = await client.taken(text, options);
  const all = Array.from({ length: totals.rows }, (_, n) => n + 1);
  const told = Object.fromEntries(all.map((row) => [row, rows.includes(row) ? FAILED : DONE]));
  await putInto(intake, id, { state: 'completed-with-failures', rows: told });
  return id;
}

const retry = (id: string, file: string, type = 'text/csv') =>
  client.upload(file, { path: `/v1/imports/${id}/retry`, query: '', type });

const contentOf = async (id: string, row: number) => (await client.rows(id))[row - 1]?.fields.payload;

describe('failed.csv', () => {
  it('holds the header and the failed rows as they were sent, byte for byte, and why they failed', async () => {
    const header = '"name", Service Type ;industry;externalRef'.replaceAll(' ;', ' ,').replaceAll(';', ',');
    const lines = [
      '"=1+1", hosted-pbx ,dental,x1',
      'fine,hosted-pbx,dental,x2',
      '"Two\nlines, ""q""",a,,',
      'short,row',
    ];
    const id = await failedImport(csvOf(lines, header), [1, 3, 4]);
    const { text, headers } = await client.get(`/v1/imports/${id}/failed.csv`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${id}-failed.csv"`);
    expect(text).toBe(
      [`${header},_row,_code,_error`, `${lines[0]},1,${WHY}`, `${lines[2]},3,${WHY}`, `${lines[3]},4,${WHY}`, ''].join(
        '\r\n',
      ),
    );
  });

  it('can be imported as it is, again and again, with the columns of the first file', async () => {
    const id = await failedImport(csvOf(goodRows(4)), [2, 4]);
    const { text } = await client.get(`/v1/imports/${id}/failed.csv`);
    const again = await failedImport(text, [2]);
    expect((await client.rows(again)).map(({ ref }) => ref)).toEqual(['crm-2', 'crm-4']);
    expect(await client.csv(again, 'failed')).toEqual([
      `${HEADER},_row,_code,_error`,
      `Company 4,hosted-pbx,dental,crm-4,2,${WHY}`,
    ]);
  });

  it('keeps the separator of the first file', async () => {
    const text = csvOf(goodRows(1)).replaceAll(',', ';');
    const [header, row] = await client.csv(await failedImport(text, [1]), 'failed');
    expect(header).toBe(`${HEADER.replaceAll(',', ';')};_row;_code;_error`);
    expect(row).toBe(`Company 1;hosted-pbx;dental;crm-1;1;${WHY.replace(',', ';')}`);
  });

  it('has of NDJSON the columns that occur, and can be imported too', async () => {
    const lines = [
      { name: 'A, B', serviceType: 'hosted-pbx', industry: 'dentl', retention: { sms: 30 }, tags: ['x', 'y'] },
      { name: 'C', 'Service Type': 'hosted-pbx', industry: 'dental', nonsense: null },
    ];
    const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"broken`;
    const id = await failedImport(text, [1, 2, 3], { type: 'application/x-ndjson' });
    expect(await client.csv(id, 'failed')).toEqual([
      'name,serviceType,industry,retention.sms,tags,Service Type,nonsense,_row,_code,_error',
      `"A, B",hosted-pbx,dentl,30,x;y,,,1,${WHY}`,
      `C,,dental,,,hosted-pbx,,2,${WHY}`,
      `,,,,,,,3,${WHY}`,
    ]);
  });

  it('holds no formula in what was added, and leaves alone what was sent', async () => {
    const { id } = await client.taken(csvOf(['=cmd,@x,-1,+1']));
    const rows = { 1: { state: 'failed', verdict: 'conflict', code: 'x', message: 'y' } } as const;
    await putInto(intake, id, { state: 'completed-with-failures', rows });
    const error = { field: null, code: 'x', message: '=HYPERLINK("http://x")', remedy: '' };
    await intake.ledger.pool.query('update import_rows set errors = $2 where import_id = $1', [
      id,
      JSON.stringify([error]),
    ]);
    const [, row] = await client.csv(id, 'failed');
    expect(row).toBe(`=cmd,@x,-1,+1,1,x,"'=HYPERLINK(""http://x""). "`);
  });
});

describe('results.csv', () => {
  it('tells what became of each row: its job, customer, container and tenant', async () => {
    const { id } = await client.taken(csvOf([...goodRows(2), 'bad,hosted-pbx,dental,=1+1']));
    await putInto(intake, id, {
      state: 'completed-with-failures',
      rows: { 1: DONE, 2: { state: 'skipped', verdict: 'unchanged' }, 3: FAILED },
    });
    const { pool } = intake.ledger;
    await pool.query(
      `insert into containers (id, label, region, state, capacity) values ('100001', 'One', 'west', 'online', 10)`,
    );
    await pool.query(
      `insert into seats (container_id, number, customer_id, state, tenant_state, tenant_started)
       values ('100001', '007', 'cus_of_row_1', 'taken', 'active', true)`,
    );
    await pool.query(
      `update import_rows set customer_id = 'cus_of_row_1', job_id = 'job_of_row_1' where import_id = $1 and row_no = 1`,
      [id],
    );
    expect(await client.csv(id, 'results')).toEqual([
      Object.keys(importResult.shape).join(','),
      '1,crm-1,create,done,job_of_row_1,cus_of_row_1,100001,007,t007.c100001.sip.qvara.test,,',
      '2,crm-2,unchanged,skipped,,,,,,,',
      `3,'=1+1,invalid,failed,,,,,,${WHY}`,
    ]);
  });

  it('is streamed to its end, however many rows there are', async () => {
    const { id } = await client.taken(csvOf(goodRows(5_500, 'long')));
    const lines = await client.csv(id, 'results');
    expect(lines.slice(1).map((line) => Number(line.split(',')[0]))).toEqual(
      Array.from({ length: 5_500 }, (_, n) => n + 1),
    );
  });

  it('waits for a reader who is slow, and holds no more than he takes', async () => {
    const long = 'x'.repeat(1_000);
    const rows = Array.from({ length: 8_000 }, (_, n) => `Company ${n},hosted-pbx,dental,${n},${long}`);
    const { id } = await client.taken(csvOf(rows, `${HEADER},_note`));
    const all = Object.fromEntries(rows.map((_, n) => [n + 1, FAILED]));
    expect(Object.keys(all).length).toBe(rows.length);
    const { pool } = intake.ledger;
    await pool.query(`update import_rows set state = 'failed', verdict = 'invalid' where import_id = $1`, [id]);
    await pool.query('update import_chunks set pending = 0, failed = rows, invalid = rows where import_id = $1', [id]);
    const response = await fetch(`${intake.url}/v1/imports/${id}/failed.csv`, {
      headers: { Authorization: `Bearer ${client.key.text}` },
    });
    let bytes = 0;
    for await (const piece of response.body as ReadableStream<Uint8Array>) bytes += piece.length;
    expect(bytes).toBeGreaterThan(8_000 * 1_000);
  });
});

describe('a correction', () => {
  it('is failed.csv, corrected: it replaces those rows and has them checked again', async () => {
    const id = await failedImport(csvOf(['ABC,hosted-pbx,dentl,a', ...goodRows(1), 'DEF,hosted pbx,leg al,b']), [1, 3]);
    const [header, ...rows] = await client.csv(id, 'failed');
    const corrected = [header, ...rows].join('\n').replace('dentl', 'dental').replace('leg al', '"legal"');
    const { status, body } = await retry(id, corrected);
    expect([status, body.state]).toEqual([202, 'checking']);
    expect(body.totals).toMatchObject({ rows: 3, done: 1, pending: 2, failed: 0 });
    expect(await contentOf(id, 1)).toMatchObject({ name: 'ABC', industry: 'dental', externalRef: 'a' });
    expect(await contentOf(id, 3)).toMatchObject({ serviceType: 'hosted-pbx', industry: 'legal' });
    await putInto(intake, id, { state: 'completed-with-failures', rows: { 1: FAILED } });
    expect((await client.csv(id, 'failed'))[1]).toBe(`ABC,hosted-pbx,dental,a,1,${WHY}`);
    expect((await intake.ledger.pool.query('select from import_corrections')).rowCount).toBe(0);
  });

  it('may name only what changes, by row or by reference, in either format', async () => {
    const lines = ['ABC,hosted-pbx,dentl,a', 'DEF,hosted-pbx,leg,b', 'GHI,x,y,c', 'JKL,hosted-pbx,z,d'];
    const id = await failedImport(csvOf(lines, 'Company,serviceType,industry,externalRef'), [1, 2, 3, 4], {
      query: 'type=customer.provision&map=name:Company',
    });
    expect((await retry(id, '_row,Industry\n1,dental\n')).status).toBe(202);
    expect(await contentOf(id, 1)).toEqual({
      name: 'ABC',
      serviceType: 'hosted-pbx',
      industry: 'dental',
      externalRef: 'a',
    });
    expect(await contentOf(id, 2)).toMatchObject({ industry: 'leg' });
    const again = async () => await putInto(intake, id, { state: 'paused', rows: { 2: FAILED, 3: FAILED, 4: FAILED } });
    await again();
    expect((await retry(id, 'external ref;industry;name\nb;legal;Def & Co\n')).status).toBe(202);
    expect(await contentOf(id, 2)).toMatchObject({ name: 'Def & Co', industry: 'legal' });
    await again();
    const objects = [
      '{"_row":3,"serviceType":"sip-trunk","industry":"Real Estate"}',
      '{"externalRef":"d","industry":""}',
    ];
    expect((await retry(id, objects.join('\n'), 'application/x-ndjson')).status).toBe(202);
    expect(await contentOf(id, 3)).toEqual({
      name: 'GHI',
      serviceType: 'sip-trunk',
      industry: 'real-estate',
      externalRef: 'c',
    });
    expect(await contentOf(id, 4)).toEqual({ name: 'JKL', serviceType: 'hosted-pbx', externalRef: 'd' });
  });

  it('makes rows of what was none', async () => {
    const id = await failedImport(csvOf(['ABC,hosted-pbx', ...goodRows(1)]), [1]);
    const line = 'ABC,hosted-pbx,dental,a,1';
    expect((await retry(id, csvOf([line], `${HEADER},_row`))).status).toBe(202);
    expect(await contentOf(id, 1)).toEqual({
      name: 'ABC',
      serviceType: 'hosted-pbx',
      industry: 'dental',
      externalRef: 'a',
    });
  });

  it('corrects objects, by either format', async () => {
    const text = '{"name":"A","serviceType":"hosted-pbx","industry":"x","retention":{"sms":7}}\n{"broken';
    const id = await failedImport(text, [1, 2], { type: 'application/x-ndjson' });
    const csv = '_row,industry,retention.sms,name,serviceType\n1,dental,30,A,hosted-pbx\n2,legal,,B,hosted-pbx\n';
    expect((await retry(id, csv)).status).toBe(202);
    expect(await contentOf(id, 1)).toEqual({
      name: 'A',
      serviceType: 'hosted-pbx',
      industry: 'dental',
      retention: { sms: 30 },
    });
    expect(await contentOf(id, 2)).toEqual({ name: 'B', serviceType: 'hosted-pbx', industry: 'legal' });
    await putInto(intake, id, { state: 'ready', rows: { 2: FAILED } });
    const object = '{"_row":2,"tags":["a"],"timeZone":"UTC"}';
    expect((await retry(id, object, 'application/x-ndjson')).status).toBe(202);
    expect(await contentOf(id, 2)).toMatchObject({ name: 'B', tags: ['a'], timeZone: 'UTC' });
  });

  it('of other content forgets the job of the row; of the same keeps it', async () => {
    const id = await failedImport(csvOf(goodRows(2)), [1, 2]);
    await intake.ledger.pool.query(
      `update import_rows set job_id = 'job_x', customer_id = 'cus_x' where import_id = $1`,
      [id],
    );
    await retry(id, '_row,industry\n1,dental\n2,legal\n');
    const rows = await client.rows(id);
    expect(rows.map(({ jobId, customerId }) => [jobId, customerId])).toEqual([
      ['job_x', 'cus_x'],
      [null, null],
    ]);
  });

  it.each([
    ['a row that has not failed', '_row,industry\n1,dental\n2,legal\n', 'row 2, which has not failed'],
    ['a row that is not there', '_row,industry\n9,dental\n', 'does not have'],
    ['a row twice', '_row,industry\n1,dental\n1,legal\n', 'as another row'],
    ['no row', '_row,industry\n,dental\n', 'names no row'],
    ['what is no number', '_row,industry\nfirst,dental\n', 'no number'],
    ['a reference that nobody has', 'externalRef,industry\nx,dental\n', 'no failed row has this reference'],
    ['a reference that several have', 'externalRef,industry\nsame,dental\n', 'several'],
    ['cells without columns', '_row,industry\n1,dental,x\n', 'has 3 cells'],
  ])('that names %s is refused as a whole', async (_, file, words) => {
    const lines = ['A,hosted-pbx,x,a', 'B,hosted-pbx,dental,b', 'C,hosted-pbx,x,same', 'D,hosted-pbx,x,same'];
    const id = await failedImport(csvOf(lines), [1, 3, 4]);
    const { status, body } = await retry(id, file);
    expect([status, body.code], body.detail).toEqual([422, 'invalid-file']);
    expect(body.detail).toContain(words);
    expect(body.errors[0].row).toBeGreaterThan(0);
    expect((await client.get(`/v1/imports/${id}`)).body).toMatchObject({
      state: 'completed-with-failures',
      totals: { failed: 3, pending: 0 },
    });
    expect(await contentOf(id, 1)).toMatchObject({ industry: 'x' });
    expect((await intake.ledger.pool.query('select from import_corrections')).rowCount).toBe(0);
  });

  it('with a column that the file did not have is refused by its name', async () => {
    const id = await failedImport(csvOf(goodRows(1)), [1]);
    const { status, body } = await retry(id, '_row,region\n1,west\n');
    expect([status, body.errors[0].column]).toEqual([422, 'region']);
    expect((await retry(id, '_row,industry,Industry\n1,a,b\n')).body.errors[0].column).toBe('Industry');
  });

  it('that is empty, no text, or of another type is refused; an empty object is none', async () => {
    const id = await failedImport(csvOf(goodRows(2)), [1]);
    expect((await retry(id, '_row,industry\n')).body.code).toBe('malformed-file');
    expect((await retry(id, 'PK\u0003\u0004')).body.code).toBe('malformed-file');
    expect((await retry(id, 'x', 'text/plain')).status).toBe(415);
    const path = `${intake.url}/v1/imports/${id}/retry`;
    expect((await send(path, { method: 'POST', key: client.key, json: { a: 1 } })).status).toBe(422);
    expect((await send(path, { method: 'POST', key: client.key, json: {} })).status).toBe(202);
  });
});
