import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, provisioning } from '../support/api.ts';
import { runCommand, type Said } from '../support/cli.ts';
import { type Consumer, startConsumer } from '../support/consumer.ts';
import { eventually } from '../support/eventually.ts';
import { type Stack, startStack } from '../support/stack.ts';

const run = promisify(execFile);

let stack: Stack;
let api: Api;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qvara-cli-'));
  stack = await startStack({ backend: 'postgres', env: { WEBHOOK_ALLOW: '127.0.0.0/8' } });
  api = await stack.client();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack?.stop();
});

const qvara = (...args: string[]) => asHolderOf(api.key, args);
const asHolderOf = (key: string, args: readonly string[]) =>
  runCommand(args, { cwd: folder, env: { QVARA_URL: stack.intakes[0]?.url ?? '', QVARA_API_KEY: key } });
/** What a command has answered, a value a line; it must have gone well. */
async function answers(...args: string[]) {
  const { status, stdout, stderr }: Said = await qvara(...args, '--json');
  expect([args, status, stderr]).toEqual([args, 0, '']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

it('containers are added, listed, drained, enlarged and put online', async () => {
  const added = await qvara('containers', 'add', '--label', 'West 4', '--region', 'us-west', '--capacity', '3');
  expect(added.stdout).toMatch(/^id +label +region .*\n100001 +West 4 +us-west +online +3 +0/);
  await qvara('containers', 'change', '100001', '--state', 'draining', '--label', 'West 5');
  expect(await answers('containers', 'list')).toMatchObject([{ id: '100001', state: 'draining', label: 'West 5' }]);
  const [online] = await answers('containers', 'change', '100001', '--state', 'online', '--capacity', '900');
  expect(online).toMatchObject({ state: 'online', capacity: 900, headRoom: 900 });
  expect(await qvara('containers', 'change', '100001')).toMatchObject({ status: 3 });
  expect(await qvara('stranded')).toMatchObject({ status: 0, stdout: '', stderr: 'There are none.\n' });
});

it('queues are paused and resumed', async () => {
  const [paused] = await answers('queues', 'pause', 'settings');
  expect(paused).toMatchObject({ name: 'settings', paused: true });
  expect((await qvara('queues', 'list')).stdout).toMatch(/settings +yes/);
  expect(await answers('queues', 'resume', 'settings')).toMatchObject([{ paused: false }]);
});

it('reference data is listed and put, by list', async () => {
  expect((await qvara('reference', 'list', 'fees')).stdout).toMatch(/fees +retention-fax .* 3\.00 USD per month/);
  const fee = ['--label', 'Sentiment', '--amount-minor', '1700', '--currency', 'EUR'];
  expect(await answers('reference', 'put', 'fees', 'sentiment-analysis', ...fee)).toMatchObject([
    { amountMinor: 1700 },
  ]);
  await qvara('reference', 'put', 'industries', 'space', '--label', 'Space', '--inactive');
  const industries = await answers('reference', 'list', 'industries');
  expect(industries.find(({ code }) => code === 'space')).toMatchObject({ list: 'industries', active: false });
});

it('a key of a client goes into a file that only its owner can read, works, and is revoked', async () => {
  const [client] = await answers('clients', 'add', 'Western Resale');
  expect((await qvara('clients', 'list')).stdout).toContain('Western Resale');
  const to = join(folder, 'resale.key');
  const made = await qvara('keys', 'add', client.id, '--scope', 'jobs:read', 'jobs:write', '--label', 'x', '--to', to);
  const text = readFileSync(to, 'utf8').trim();
  expect([made.status, statSync(to).mode & 0o777]).toEqual([0, 0o600]);
  expect(made.stdout + made.stderr).not.toContain(text);
  expect(await qvara('keys', 'add', client.id, '--scope', 'admin', '--to', to)).toMatchObject({ status: 2 });
  expect(await asHolderOf(text, ['jobs', 'list'])).toMatchObject({ status: 0 });
  const [key] = await answers('keys', 'list', client.id);
  expect(key).toMatchObject({ label: 'x', scopes: ['jobs:read', 'jobs:write'], revokedAt: null });
  expect((await answers('keys', 'revoke', key.id))[0].revokedAt).not.toBeNull();
  await eventually(async () => (await asHolderOf(text, ['jobs', 'list'])).status === 3);
});

it('a webhook is added, tested, told, read, rotated, disabled and deleted, and no output holds a secret', async () => {
  const consumer: Consumer = await startConsumer();
  const outputs: string[] = [];
  const say = async (...args: string[]) => {
    const said = await qvara(...args);
    outputs.push(said.stdout + said.stderr);
    return said;
  };
  const secret = join(folder, 'hook.secret');
  await say('webhooks', 'add', consumer.url, '--type', 'job.completed', '--description', 'x', '--secret-to', secret);
  consumer.secrets.push(readFileSync(secret, 'utf8').trim());
  const [{ id }] = await answers('webhooks', 'list');
  expect(await say('webhooks', 'test', id)).toMatchObject({ status: 0, stdout: expect.stringMatching(/status +204/) });
  const { id: jobId } = await api.post(provisioning());
  await eventually(() => consumer.received.some((event) => event.jobId === jobId), { deadlineMs: 20_000 });

  await say('webhooks', 'replay', id, '--after', '0');
  await eventually(() => consumer.received.some(({ replay }) => replay));
  const delivered = async () => (await answers('webhooks', 'deliveries', id, '--state', 'delivered')).length === 2;
  await eventually(delivered);
  const [delivery] = await answers('webhooks', 'deliveries', id);
  await say('webhooks', 'redeliver', delivery.id);
  await eventually(() => consumer.received.length === 4);
  const again = await say('webhooks', 'redeliver', id, '--since', '2026-01-01T00:00:00Z');
  expect(again).toMatchObject({ status: 0, stdout: '0 are delivered again.\n' });
  expect(await say('webhooks', 'redeliver', id)).toMatchObject({ status: 2 });

  await say('webhooks', 'rotate-secret', id, '--secret-to', `${secret}.2`);
  consumer.secrets = [readFileSync(`${secret}.2`, 'utf8').trim()];
  await say('webhooks', 'change', id, '--state', 'disabled', '--all-types');
  expect((await say('webhooks', 'show', id)).stdout).toMatch(/types +all\n/);
  await consumer.close();
  expect(await say('webhooks', 'test', id)).toMatchObject({ status: 1, stdout: expect.stringMatching(/error +\S/) });
  expect(await say('webhooks', 'delete', id)).toMatchObject({ status: 0 });
  expect(await say('webhooks', 'show', id)).toMatchObject({ status: 3 });
  expect(outputs.join('')).not.toMatch(/whsec_/);
});

it('the service tells whether it is ready, and describes itself', async () => {
  expect(await qvara('ready')).toMatchObject({ status: 0, stdout: 'ready\n' });
  expect((await answers('document', 'openapi'))[0]).toMatchObject({ openapi: expect.stringMatching(/^3\./) });
});

it('bash completes commands, options and the values that are known', async () => {
  const { stdout: script } = await qvara('completion', 'bash');
  const path = join(folder, 'completion.bash');
  writeFileSync(path, script);
  async function complete(...words: string[]): Promise<string[]> {
    const typed = words.map((word) => `'${word}'`).join(' ');
    const ask = `source '${path}'; COMP_WORDS=(qvara ${typed}); COMP_CWORD=${words.length}; _qvara; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await run('bash', ['--norc', '-c', ask])).stdout.split('\n').filter(Boolean);
  }
  expect(await complete('cust')).toEqual(['customers']);
  expect(await complete('customers', 's')).toEqual(['show', 'suspend']);
  expect(await complete('--json', 'jobs', 'list', '--st')).toEqual(['--state']);
  expect(await complete('jobs', 'list', '--state', 'c')).toEqual(['completed', 'cancelled']);
  expect(await complete('queues', 'pause', 'p')).toEqual(['provisioning']);
  expect(await complete('provision', '--name', '')).toEqual([]);
  expect(await complete('jobs', 'list', '--key')).toEqual(['--key-file']);
});
