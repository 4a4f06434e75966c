import { importColumns } from '@qvara/contracts/import-columns';
import { importAnswer, importRow } from '@qvara/contracts/imports';
import { JOB_TYPES } from '@qvara/contracts/jobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refused } from './refused.ts';
import { type RunningIntake, send, startIntake } from './running-intake.ts';
import { csvOf, goodRows, HEADER, type Uploader, uploader } from './uploads.ts';

let intake: RunningIntake;
let client: Uploader;

beforeAll(async () => {
  intake = await startIntake();
  client = uploader(intake, await intake.key());
});
afterAll(() => intake.close());

describe('a file', () => {
  it('is answered by 202 when all of its rows are stored, as they were sent and as they were understood', async () => {
    const lines = ['"ABC, Dental",Hosted PBX,Dental,crm-1', 'Def "the best" Law,hosted_pbx,LEGAL,crm-2'];
    const { status, headers, body } = await client.upload(csvOf(lines));
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/v1/imports/${body.id}`);
    expect(importAnswer.parse(body)).toMatchObject({
      type: 'customer.provision',
      mode: 'create',
      format: 'csv',
      state: 'checking',
      dryRun: false,
      totals: { rows: 2, pending: 2, create: 0 },
      plan: null,
      columns: HEADER.split(',').map((column) => ({ column, field: column })),
    });
    const rows = await client.rows(body.id);
    expect(rows.map((row) => importRow.parse(row))).toMatchObject([
      {
        row: 1,
        ref: 'crm-1',
        state: 'pending',
        verdict: null,
        fields: {
          payload: { name: 'ABC, Dental', serviceType: 'hosted-pbx', industry: 'dental', externalRef: 'crm-1' },
        },
      },
      { row: 2, fields: { payload: { name: 'Def "the best" Law', serviceType: 'hosted-pbx', industry: 'legal' } } },
    ]);
    const { rows: kept } = await intake.ledger.pool.query(
      'select raw, length(hash) as letters from import_rows where import_id = $1 order by row_no',
      [body.id],
    );
    expect(kept).toEqual(lines.map((raw) => ({ raw, letters: 32 })));
  });

  it.each([
    ['CRLF', '\r\n', ','],
    ['LF', '\n', ','],
    ['CR', '\r', ','],
    ['semicolons', '\r\n', ';'],
    ['tabs', '\n', '\t'],
  ])('may have %s', async (_, end, separator) => {
    const text = csvOf(goodRows(3), HEADER, end).replaceAll(',', separator);
    const { id, totals } = await client.taken(text);
    expect(totals.rows).toBe(3);
    const rows = await client.rows(id);
    expect(rows.map(({ ref }) => ref)).toEqual(['crm-1', 'crm-2', 'crm-3']);
    expect(rows[0]?.fields).toMatchObject({ payload: { name: 'Company 1' } });
  });

  it('may begin with a byte order mark, hold blank rows and quotes that span lines, and end without an end of line', async () => {
    const text = `\ufeff${HEADER}\r\n\r\n"Two\r\nlines",hosted-pbx,dental,a\r\n,,,\r\nLast,hosted-pbx,dental,b`;
    const { id, columns } = await client.taken(text);
    expect(columns[0]).toEqual({ column: 'name', field: 'name' });
    expect(await client.rows(id)).toMatchObject([
      { row: 1, fields: { payload: { name: 'Two\r\nlines' } } },
      { row: 2, ref: 'b' },
    ]);
  });

  it('may be NDJSON: objects as they would be posted, or by the names of columns', async () => {
    const lines = [
      { name: 'A', serviceType: 'hosted-pbx', industry: 'dental', retention: { sms: 30 }, tags: ['x', 'y'] },
      { Name: 'B', 'Service Type': 'Hosted PBX', industry: 'Real Estate', SMS: '60', tags: 'x;y', _note: 1 },
      { type: 'customer.provision', payload: { name: 'C', serviceType: 'hosted-pbx', industry: 'dental' } },
    ];
    const text = `\ufeff${lines.map((line) => JSON.stringify(line)).join('\r\n\r\n')}`;
    const { id, format, columns } = await client.taken(text, { type: 'application/x-ndjson' });
    expect(format).toBe('ndjson');
    expect(columns).toContainEqual({ column: 'retention.sms', field: 'retention.sms' });
    expect(columns).toContainEqual({ column: '_note', field: null });
    expect((await client.rows(id)).map(({ fields }) => fields.payload)).toEqual([
      lines[0],
      { name: 'B', serviceType: 'hosted-pbx', industry: 'real-estate', retention: { sms: 60 }, tags: ['x', 'y'] },
      lines[2]?.payload,
    ]);
  });

  it('with rows that are none is taken all the same: they alone are bad', async () => {
    const { id } = await client.taken(csvOf(['a,b', ...goodRows(1), 'a,b,c,d,e,f']));
    expect((await client.rows(id)).map(({ fields }) => fields.unreadable)).toEqual([
      'the row has 2 cells, but the header 4 columns',
      undefined,
      'the row has 6 cells, but the header 4 columns',
    ]);
    const lines = ['{"name":', '[1]', '{"name":"a","name":"b"}', '{"name":"\\u0000"}', '{"name":"\\ud800"}', '{}'];
    const objects = await client.taken(lines.join('\n'), { type: 'application/x-ndjson' });
    expect((await client.rows(objects.id)).map(({ fields }) => fields.unreadable)).toEqual([
      'the row is no JSON',
      'the row is no JSON object',
      'the row names twice /name',
      'the row holds what none may, at /name: the text must not hold the character U+0000',
      'the row holds what none may, at /name: the text must be well-formed Unicode: it holds half of a surrogate pair',
      undefined,
    ]);
  });

  it('is stored in chunks whose counts add up, whatever its size', async () => {
    const { id, totals } = await client.taken(csvOf(goodRows(1_234, 'many')));
    expect(totals).toMatchObject({ rows: 1_234, pending: 1_234 });
    const { rows } = await intake.ledger.pool.query(
      `select c.chunk_no, c.first_row, c.last_row, c.rows, c.pending, count(r.*)::int as stored, min(r.row_no) as least, max(r.row_no) as most
       from import_chunks c join import_rows r using (import_id, chunk_no) where import_id = $1 group by 1, 2, 3, 4, 5 order by 1`,
      [id],
    );
    expect(rows.map(({ rows }) => rows)).toEqual([500, 500, 234]);
    for (const { first_row, last_row, rows: count, pending, stored, least, most } of rows)
      expect([pending, stored, least, most]).toEqual([count, count, first_row, last_row]);
  });
});

describe('what is said about columns', () => {
  it('maps them, sets what all rows have, and ignores the rest', async () => {
    const query = new URLSearchParams([
      ['type', 'customer.provision'],
      ['map', 'name:Company, Inc'],
      ['map', 'Industry:Sector'],
      ['set', 'service type:Hosted PBX'],
      ['set', 'tags:a, b;c'],
    ]);
    const text = csvOf(['"ABC, Inc",Dental,1990,x'], '"Company, Inc",Sector,Founded,externalRef');
    const { id, columns } = await client.taken(text, { query: String(query) });
    expect(columns).toEqual([
      { column: 'Company, Inc', field: 'name' },
      { column: 'Sector', field: 'industry' },
      { column: 'Founded', field: null },
      { column: 'externalRef', field: 'externalRef' },
    ]);
    const payload = { name: 'ABC, Inc', serviceType: 'hosted-pbx', industry: 'dental', externalRef: 'x' };
    expect((await client.rows(id))[0]?.fields.payload).toEqual({ ...payload, tags: ['a, b', 'c'] });
  });

  it('does the same for NDJSON', async () => {
    const query = 'type=customer.provision&map=name:company&set=serviceType:hosted-pbx&set=industry:other';
    const line = JSON.stringify({ company: 'ABC', industry: 'Software', founded: 1990 });
    const { id } = await client.taken(line, { query, type: 'application/x-ndjson' });
    const payload = { name: 'ABC', serviceType: 'hosted-pbx', industry: 'other' };
    expect((await client.rows(id))[0]?.fields.payload).toEqual(payload);
  });

  it.each([
    ['type=customer.provision&map=name', 'map', 400],
    ['type=customer.provision&set=:x', 'set', 400],
    ['type=customer.provision&mode=replace', 'mode', 400],
    ['type=customer.provision&errorBudget=many', 'errorBudget', 400],
    ['type=customer.update&mode=upsert', 'mode', 400],
    ['type=customer.explode', 'type', 400],
    ['', 'type', 400],
    ['type=customer.provision&map=nam:name', 'map', 422],
    ['type=customer.provision&set=planet:mars', 'set', 422],
  ])('%s is refused, naming %s', async (query, parameter, status) => {
    const headers = { 'Content-Type': 'text/csv' };
    const sent = { method: 'POST', key: client.key, raw: csvOf(goodRows(1)), headers };
    const problem = await refused(`${intake.url}/v1/imports?${query}`, sent, status);
    expect(problem.errors?.[0]).toMatchObject({ parameter });
  });

  it('names each column that fits nothing, is there twice or is missing, with what to do', async () => {
    const { status, body } = await client.upload(csvOf([], 'name,Nmae,Name,Servic Type'));
    expect([status, body.code]).toEqual([422, 'invalid-file']);
    expect(body.errors.map(({ column, code }: Record<string, string>) => [column, code])).toEqual([
      ['Nmae', 'unknown-column'],
      ['Name', 'given-twice'],
      ['Servic Type', 'unknown-column'],
      ['serviceType', 'missing-column'],
      ['industry', 'missing-column'],
    ]);
    expect(body.errors[2].remedy).toContain('serviceType');
  });
});

describe('imports', () => {
  it('are listed, the newest first, by state and type, with the totals of each', async () => {
    const other = uploader(intake, await intake.key());
    const ids: string[] = [];
    for (const count of [1, 2, 3]) ids.unshift((await other.taken(csvOf(goodRows(count)))).id);
    const change = csvOf(['crm-1,90'], 'customerRef,sms');
    ids.unshift((await other.taken(change, { query: 'type=retention.update&label=Less' })).id);
    await intake.ledger.pool.query(`update imports set state = 'ready' where id = $1`, [ids[1]]);
    const list = async (query: string) => (await other.get(`/v1/imports?${query}`)).body;
    const { items, next } = await list('limit=3');
    const page2 = await list(`limit=3&cursor=${next}`);
    const all = [...items, ...page2.items].filter(({ id }) => ids.includes(id));
    expect(all.map(({ id }) => id)).toEqual(ids);
    expect(all.map(({ totals }) => totals.rows)).toEqual([1, 3, 2, 1]);
    expect((await list('type=retention.update&limit=1')).items).toMatchObject([{ id: ids[0], label: 'Less' }]);
    expect((await list('state=ready')).items.map(({ id }: { id: string }) => id)).toContain(ids[1]);
  });

  it('have rows that can be paged, by state and verdict', async () => {
    const { id } = await client.taken(csvOf(goodRows(1_100, 'paged')));
    await intake.ledger.pool.query(
      `update import_rows set state = 'failed', verdict = 'invalid' where import_id = $1 and row_no in (3, 700, 1099)`,
      [id],
    );
    await intake.ledger.pool.query(
      `update import_chunks set pending = pending - 1, failed = 1, invalid = 1 where import_id = $1`,
      [id],
    );
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path = `/v1/imports/${id}/rows?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { body } = await client.get(path);
      seen.push(...body.items.map(({ row }: { row: number }) => row));
      cursor = body.next;
    }
    expect(seen).toEqual(Array.from({ length: 1_100 }, (_, n) => n + 1));
    for (const filter of ['state=failed', 'verdict=invalid', 'state=failed&verdict=invalid']) {
      const first = await client.get(`/v1/imports/${id}/rows?limit=2&${filter}`);
      const second = await client.get(`/v1/imports/${id}/rows?limit=2&${filter}&cursor=${first.body.next}`);
      const rows = [...first.body.items, ...second.body.items].map(({ row }: { row: number }) => row);
      expect([rows, second.body.next]).toEqual([[3, 700, 1099], null]);
    }
    expect(await client.rows(id, '&verdict=create')).toEqual([]);
  });
});

describe('the columns of a type', () => {
  it.each(JOB_TYPES)('of %s are told, and make a template that is a header it takes', async (type) => {
    const { body } = await client.get(`/v1/imports/columns?type=${type}`);
    expect(body.columns).toEqual(importColumns(type).map(({ path: _, ...column }) => column));
    const template = await client.get(`/v1/imports/template.csv?type=${type}`);
    expect(template.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(template.headers.get('content-disposition')).toBe(`attachment; filename="${type}.csv"`);
    const examples = importColumns(type).map(({ example }) => example ?? '');
    const { columns } = await client.taken(`${template.text}${examples.join(',')}\r\n`, { query: `type=${type}` });
    expect(columns.map(({ field }) => field)).toEqual(importColumns(type).map(({ field }) => field));
  });

  it('are asked for with what there is', async () => {
    await refused(`${intake.url}/v1/imports/columns?type=x`, { key: client.key }, 400);
    await refused(`${intake.url}/v1/imports/template.csv`, { key: client.key }, 400);
    const url = `${intake.url}/v1/imports/template.csv?type=customer.update`;
    const json = { Accept: 'application/json' };
    expect((await refused(url, { key: client.key, headers: json }, 406)).code).toBe('not-acceptable');
    expect((await send(url, { key: client.key, method: 'HEAD' })).text).toBe('');
  });
});
