import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { streamTo } from '../contract/streamed.ts';
import { type Stack, startStack } from '../support/stack.ts';

const ROWS = Number(process.env.ROWS ?? 1_000_000);
let stack: Stack;
beforeAll(async () => { stack = await startStack({ backend: 'postgres', workers: 0 }); });
afterAll(() => stack.stop());

const status = (pid: number, what: string) => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

it('a million', { timeout: 900_000 }, async () => {
  const api = await stack.client();
  const pid = (stack.intakes[0] as unknown as { pid: number }).pid;
  const url = stack.intakes[0]!.url;
  console.log('before', status(pid, 'VmHWM'), 'MiB');
  function* pieces() {
    yield 'name,serviceType,industry,externalRef,tags,timeZone,region,Voicemail\r\n';
    let lines: string[] = [];
    for (let n = 1; n <= ROWS; n += 1) {
      lines.push(`"Company ${n}, Inc",Hosted PBX,Real Estate,crm-${n},west;vip,America/Los_Angeles,us-west,180\r\n`);
      if (lines.length === 700) { yield Buffer.from(lines.join('')); lines = []; }
    }
    yield Buffer.from(lines.join(''));
  }
  const cpu = () => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' '); return (Number(f[13]) + Number(f[14])) / 100; };
  const c0 = cpu();
  const t = performance.now();
  const { status: code, body } = await streamTo(`${url}/v1/imports?type=customer.provision&dryRun=true`, pieces(), { key: { text: api.key } as never, deadlineMs: 800_000 });
  const s = (performance.now() - t) / 1000;
  expect(code).toBe(202);
  console.log(`received ${body.totals.rows} rows in ${s.toFixed(1)} s: ${(ROWS / s).toFixed(0)} rows/s; peak ${status(pid, 'VmHWM')} MiB; cpu ${(cpu() - c0).toFixed(1)} s`);
  const { pool } = stack.ledger;
  const c = await pool.connect();
  await c.query('set statement_timeout = 0');
  const q = async (text: string) => { const t0 = performance.now(); const r = await c.query({ text, query_timeout: 600_000 } as never); console.log(text.slice(0, 90), ((performance.now() - t0) / 1000).toFixed(2), 's'); return r; };
  console.log((await q(`select pg_size_pretty(pg_total_relation_size('import_rows')) as size, pg_size_pretty(pg_relation_size('import_rows')) heap`)).rows);
  const id = body.id;
  const time = async (name: string, work: () => Promise<unknown>) => { const t0 = performance.now(); const r = await work(); console.log(name, ((performance.now() - t0) / 1000).toFixed(3), 's', r ?? ''); };
  const get = async (path: string) => await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${api.key}` } });
  await time('GET import', async () => (await get(`/v1/imports/${id}`)).status);
  await time('GET imports', async () => (await get(`/v1/imports`)).status);
  await time('GET rows last page', async () => (await get(`/v1/imports/${id}/rows?cursor=${Buffer.from(String(ROWS - 300)).toString('base64url')}`)).status);
  const download = async (name: string) => { const r = await get(`/v1/imports/${id}/${name}`); let n = 0; for await (const p of r.body as never as AsyncIterable<Uint8Array>) n += p.length; return `${r.status} ${(n / 2 ** 20).toFixed(1)} MiB`; };
  await time('results.csv', () => download('results.csv'));
  console.log('peak', status(pid, 'VmHWM'));
  await q(`update import_rows set state = 'failed', verdict = 'invalid', errors = '[{"field":"industry","code":"x","message":"is wrong","remedy":"Correct it."}]' where import_id = '${id}' and row_no % 100 = 0`);
  await q(`update import_chunks set failed = 5, invalid = 5, to_create = rows - 5, pending = rows - 5, checked = true where import_id = '${id}'`);
  await q(`update imports set state = 'ready', checked_at = now() where id = '${id}'`);
  await time('rows?state=failed', async () => (await get(`/v1/imports/${id}/rows?state=failed&limit=200`)).status);
  await time('failed.csv', () => download('failed.csv'));
  const failed = await (await get(`/v1/imports/${id}/failed.csv`)).text();
  await time('retry with correction of 1%', async () => { const r = await streamTo(`${url}/v1/imports/${id}/retry`, [failed.replaceAll('Real Estate', 'Dental')], { key: { text: api.key } as never, deadlineMs: 100_000 }); return `${r.status} ${JSON.stringify(r.body.totals ?? r.body)}`; });
  console.log('peak', status(pid, 'VmHWM'));
  await q(`update import_rows set state = 'failed', verdict = 'invalid' where import_id = '${id}'`);
  await q(`update import_chunks set failed = rows, invalid = rows, to_create = 0, pending = 0, checked = true where import_id = '${id}'`);
  await q(`update imports set state = 'ready', checked_at = now() where id = '${id}'`);
  await time('retry of all', async () => { const r = await fetch(`${url}/v1/imports/${id}/retry`, { method: 'POST', headers: { authorization: `Bearer ${api.key}` } }); return `${r.status} ${(await r.text()).slice(0, 300)}`; });
  await time('cancel', async () => { const r = await fetch(`${url}/v1/imports/${id}/cancel`, { method: 'POST', headers: { authorization: `Bearer ${api.key}` } }); return `${r.status} ${(await r.text()).slice(0, 300)}`; });
  await q(`update imports set state = 'receiving', touched_at = now() - interval '1 hour' where id = '${id}'`);
  c.release();
  const { forgetBrokenOff } = await import('@qvara/store/import-receiving');
  await time('forget', () => forgetBrokenOff(stack.ledger));
  console.log('peak', status(pid, 'VmHWM'), (await pool.query('select count(*) from import_rows')).rows);
});
