import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@qvara/client/client';
import type { ImportAnswer } from '@qvara/contracts/imports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { type CommandOptions, runCommand, type Said } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const HEADER = 'name,serviceType,industry,externalRef,region';

let stack: Stack;
let api: Api;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qvara-cli-'));
  stack = await startStack({ backend: 'postgres' });
  api = await stack.client();
  await addContainers(api, [{ id: '100001', capacity: 900, region: 'west' }]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack?.stop();
});

const url = () => stack.intakes[0]?.url ?? '';
const qvara = (args: readonly string[], options: CommandOptions = {}) =>
  runCommand(args, { cwd: folder, env: { QVARA_URL: url(), QVARA_API_KEY: api.key }, ...options });
/** The one value that a command with `--json` has answered. */
const importOf = ({ stdout }: Said): ImportAnswer => JSON.parse(stdout);
const put = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
const lines = (name: string) => readFileSync(join(folder, name), 'utf8').trim().split(/\r?\n/);

describe('a file that was not made for this', () => {
  it('is tried dry and run after only naming which column is which', async () => {
    put('companies.csv', 'Company Name,Company Id,Founded', 'Åkesson & Søn,c-1,1999', '"Doe, Jane",c-2,2004');
    const how = ['--map', 'Company Name=name', '--map', 'Company Id=externalRef', '--set', 'serviceType=hosted-pbx'];
    const dry = await qvara(['import', 'companies.csv', ...how, '--set', 'industry=other', '--dry-run', '--watch']);
    expect(dry).toMatchObject({ status: 0, stdout: expect.stringMatching(/state +ready\n/) });
    expect(dry.stdout).toMatch(/what they do +2 create\n/);
    expect(dry.stdout).toMatch(/ignored columns +Founded\n/);
    const [id = ''] = /imp_\w{26}/.exec(dry.stdout) ?? [];
    expect(dry.stderr).toContain(`Start it by: qvara imports run ${id} --watch`);
    const ran = await qvara(['imports', 'run', id, '--watch']);
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringMatching(/how far +2 done\n/) });
    expect((await api.customer('ref:c-2')).name).toBe('Doe, Jane');
    await qvara(['imports', 'results', id, '--to', 'results.csv']);
    expect(lines('results.csv')[2]).toMatch(/^2,c-2,create,done,job_\w+,cus_\w+,100001,\d{3},t\d{3}\.c100001/);
    const ofRows = await qvara(['jobs', 'list', '--import', id, '--json']);
    expect(ofRows.stdout.trim().split('\n')).toHaveLength(2);
    const told = await qvara(['events', '--import', id, '--type', 'import.finished', '--json']);
    expect(JSON.parse(told.stdout)).toMatchObject({ subject: id });
  });
});

describe('rows that are wrong', () => {
  it('are shown, got as a file, corrected and run again, and nothing is touched twice', async () => {
    put(
      'customers.csv',
      HEADER,
      'One,hosted-pbx,dental,r-1,west',
      'Two,hosted-pbx,no-such-industry,r-2,west',
      'Three,hosted-pbx,dental,r-1,west',
    );
    const first = await qvara(['import', 'customers.csv', '--watch', '--json']);
    expect(first).toMatchObject({ status: 1, stderr: '' });
    const { id, totals, state } = importOf(first);
    expect([state, totals]).toMatchObject(['completed-with-failures', { rows: 3, invalid: 1, conflict: 1, done: 1 }]);
    const rows = await qvara(['imports', 'rows', id, '--state', 'failed']);
    expect(rows.stdout).toMatch(/^row +reference .*\n2 +r-2 +invalid +failed .*industry.*\n3 +r-1 +conflict +failed/);
    await qvara(['imports', 'failed', id, '--to', 'failed.csv']);
    const corrected = lines('failed.csv').map((line) =>
      line.replace('no-such-industry', 'legal').replace('r-1', 'r-3'),
    );
    put('corrected.csv', ...corrected);
    const retried = await qvara(['imports', 'retry', id, 'corrected.csv', '--watch', '--json']);
    expect(retried.status, retried.stderr).toBe(0);
    expect(importOf(retried)).toMatchObject({ state: 'completed', totals: { rows: 3, done: 3, failed: 0 } });
    const again = await qvara(['import', 'customers.csv', '--mode', 'upsert', '--dry-run', '--watch', '--json']);
    expect(importOf(again).totals).toMatchObject({ unchanged: 1, create: 0, update: 0 });
  });

  it('a file whose columns do not fit is refused as a whole, naming them', async () => {
    put('odd.csv', `${HEADER},Size of the firm`, 'One,hosted-pbx,dental,r-9,west,7');
    const refused = await qvara(['import', 'odd.csv']);
    expect(refused).toMatchObject({ status: 3, stdout: '' });
    expect(refused.stderr).toMatch(/\n {2}.*Size of the firm.* \[unknown-column\]/);
    expect(await qvara(['import', 'absent.csv'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/ENOENT/) });
    expect(await qvara(['import', 'odd.xlsx'])).toMatchObject({ status: 2 });
    expect(await qvara(['import', 'odd.csv', '--map', 'name'])).toMatchObject({ status: 2 });
  });
});

describe('an import', () => {
  it('is read from stdin, held while there is no room, paused, resumed and cancelled', async () => {
    const row = { name: 'X', serviceType: 'hosted-pbx', industry: 'dental', region: 'nowhere' };
    const stdin = [1, 2, 3].map((n) => JSON.stringify({ ...row, externalRef: `n-${n}` })).join('\n');
    const sent = await qvara(['import', '-', '--format', 'ndjson', '--label', 'x', '--json'], { stdin });
    expect(sent.status, sent.stderr).toBe(0);
    const { id } = importOf(sent);
    const shown = async () => importOf(await qvara(['imports', 'show', id, '--json']));
    await eventually(async () => (await shown()).paused?.reason === 'no-capacity', { deadlineMs: 20_000 });
    const watched = await qvara(['imports', 'watch', id, '--timeout', '2']);
    expect(watched).toMatchObject({ status: 5, stderr: expect.stringMatching(/paused/) });
    await qvara(['imports', 'pause', id]);
    expect((await shown()).paused?.reason).toBe('by-request');
    expect(await qvara(['imports', 'resume', id, '--json'])).toMatchObject({ status: 0 });
    expect(importOf(await qvara(['imports', 'cancel', id, '--json'])).state).toBe('cancelled');
    expect(await qvara(['imports', 'resume', id])).toMatchObject({ status: 3 });
    expect((await qvara(['imports', 'list', '--state', 'cancelled'])).stdout).toContain(id);
  });

  it('is one, however often its file is sent with its key', async () => {
    put('once.csv', HEADER, 'Once,hosted-pbx,dental,once-1,west');
    const send = ['import', 'once.csv', '--idempotency-key', 'file "1"', '--dry-run', '--json'];
    const [first, second] = [await qvara(send), await qvara(send)];
    expect(importOf(second).id).toBe(importOf(first).id);
  });

  it('whose answer was lost is sent again by the client, when its file can be read again', async () => {
    let calls = 0;
    const client = createClient({
      url: url(),
      key: api.key,
      async fetch(target, init) {
        calls += 1;
        const answer = await fetch(target, init);
        if (calls > 1) return answer;
        await answer.text();
        throw new TypeError('fetch failed');
      },
    });
    const text = `${HEADER}\nLost,hosted-pbx,dental,lost-1,west\n`;
    const opened = () => new Blob([text]).stream() as ReadableStream<Uint8Array>;
    const wish = { type: 'customer.provision', dryRun: true } as const;
    const { replayed } = await client.imports.create({ format: 'csv', body: opened }, wish);
    expect([calls, replayed]).toEqual([2, true]);
    calls = 0;
    await expect(client.imports.create({ format: 'csv', body: opened() }, wish)).rejects.toThrow('does not answer');
    expect(calls).toBe(1);
  });

  it('a large file is refused by its first bytes, and that is heard', async () => {
    writeFileSync(join(folder, 'large.csv'), `nonsense\n${'x'.repeat(1_000)}\n`.repeat(60_000));
    const refused = await qvara(['import', 'large.csv']);
    expect(refused).toMatchObject({ status: 3, stderr: expect.stringMatching(/\[unknown-column\]/) });
  });
});

it('templates and columns of every type are at hand', async () => {
  const template = await qvara(['imports', 'template', 'customer.provision']);
  expect(template).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^name,serviceType,industry,externalRef,/),
  });
  const columns = await qvara(['imports', 'columns', 'retention.update']);
  expect(columns.stdout).toMatch(/^column +required +what it holds/);
  expect(columns.stdout).toMatch(/\nvoicemail +no/);
});
