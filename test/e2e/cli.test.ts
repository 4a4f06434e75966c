import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudEvent } from '@qvara/contracts/events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { runCommand, type Said, startCommand } from '../support/cli.ts';
import { addContainers, type Stack, startStack } from '../support/stack.ts';

const JOB = /job_[0-9a-z]{26}/;
const DENTAL = ['--name', 'ABC Dental', '--service-type', 'hosted-pbx', '--industry', 'dental'];

let stack: Stack;
let api: Api;
let folder: string;
let keyFile: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qvara-cli-'));
  stack = await startStack({ backend: 'postgres' });
  api = await stack.client();
  await addContainers(api, [{ id: '100001', capacity: 900, region: 'west' }]);
  keyFile = join(folder, 'key');
  writeFileSync(keyFile, `${api.key}\n`);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack?.stop();
});

const options = (key = api.key) => ({
  cwd: folder,
  env: { QVARA_URL: stack.intakes[0]?.url ?? '', QVARA_API_KEY: key },
});
const qvara = (...args: string[]) => runCommand(args, options());
/** Several at the same time. */
const all = (commands: readonly string[][]) => Promise.all(commands.map((args) => qvara(...args)));
const start = (...args: string[]) => startCommand(args, options());
/** What a command with `--json` has answered: a value a line. */
const values = (said: Said | undefined) =>
  (said?.stdout ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('a customer', () => {
  it('is provisioned and shown, changed in every way, and disconnected', async () => {
    const provisioned = await qvara(
      'provision',
      ...DENTAL,
      '--ref',
      'crm-42',
      '--tag',
      'west',
      'vip',
      '--retention-sms',
      '365',
    );
    expect(provisioned).toMatchObject({ status: 0, stdout: expect.stringMatching(/state +completed/) });
    expect(provisioned.stdout).toMatch(/activate-tenant +tenant +succeeded/);
    // Not a terminal: each step of progress is a line.
    expect(provisioned.stderr).toMatch(/^\d\/6 {2}job_\w+ running/m);

    const changes = [
      ['customers', 'update', 'ref:crm-42', '--name', 'ABC Dental Group', '--time-zone', 'America/Los_Angeles'],
      ['retention', 'ref:crm-42', '--voicemail', '30', '--applies-to', 'retroactive'],
      ['transcription', 'ref:crm-42', '--engine', 'standard', '--sentiment-analysis', 'on'],
      ['pin', 'generate', 'ref:crm-42'],
      ['customers', 'suspend', 'ref:crm-42', '--holder', 'billing', '--reason', 'unpaid'],
    ];
    for (const changed of await all(changes)) expect(changed).toMatchObject({ status: 0 });
    const [shown, asJson, pin] = await all([
      ['customers', 'show', 'ref:crm-42'],
      ['customers', 'show', 'ref:crm-42', '--json'],
      ['pin', 'reveal', 'ref:crm-42'],
    ]);
    expect(shown?.stdout).toMatch(/status +suspended/);
    expect(shown?.stdout).toMatch(/suspended by +billing: unpaid/);
    const [customer] = values(asJson);
    expect(customer).toMatchObject({
      name: 'ABC Dental Group',
      tags: ['west', 'vip'],
      settings: {
        retention: { sms: 365, voicemail: 30 },
        transcription: { engine: 'standard', sentimentAnalysis: true },
      },
    });
    expect(pin).toMatchObject({ status: 0, stdout: expect.stringMatching(/^[0-9]{10}\n$/) });

    await all([
      ['customers', 'resume', 'ref:crm-42', '--holder', 'billing'],
      ['customers', 'update', 'ref:crm-42', '--clear', 'time-zone', 'tags'],
    ]);
    const [resumed] = values(await qvara('customers', 'list', '--status', 'active', '--json'));
    expect(resumed).toMatchObject({ id: customer.id, timeZone: null, tags: [], suspensions: [] });
    expect(await qvara('customers', 'disconnect', customer.id, '--reason', 'moved')).toMatchObject({ status: 0 });
    expect((await qvara('customers', 'show', customer.id)).stdout).toMatch(/status +disconnected/);
  });

  it('a dry run shows container, steps and fees, and changes nothing', async () => {
    const plan = await qvara('provision', ...DENTAL, '--retention-sms', '365', '--ref', 'dry', '--dry-run');
    expect(plan).toMatchObject({ status: 0, stdout: expect.stringMatching(/container +100001/) });
    expect(plan.stdout).toMatch(/fees +retention-sms 2\.00 USD per month/);
    expect(await qvara('customers', 'show', 'ref:dry')).toMatchObject({ status: 3, stdout: '' });
  });
});

describe('jobs', () => {
  it('a job that is posted again with its key is the same job', async () => {
    const once = ['provision', ...DENTAL, '--idempotency-key', 'order "1"', '--external-id', 'order-1', '--json'];
    const [first, second] = [await qvara(...once), await qvara(...once)];
    expect(values(second)[0]).toEqual(values(first)[0]);
    expect(second).toMatchObject({ status: 0, stderr: '' });
    const [listed] = values(await qvara('jobs', 'list', '--type', 'customer.provision', '--limit', '1', '--json'));
    expect(listed.externalId).toBe('order-1');
  });

  it('a held job: accepted without waiting, watched until the time is over, cancelled', async () => {
    const posted = await qvara('provision', ...DENTAL, '--region', 'nowhere', '--no-wait', '--json');
    expect(posted.status).toBe(0);
    const { id } = values(posted)[0];
    const watched = await qvara('jobs', 'watch', id, '--timeout', '2');
    expect(watched).toMatchObject({ status: 5, stdout: '' });
    expect(watched.stderr).toMatch(new RegExp(`held.*\\n${id} goes on; see it by: qvara jobs watch ${id}`));
    expect((await qvara('jobs', 'list', '--state', 'held')).stdout).toContain(id);
    const cancelled = await qvara('jobs', 'cancel', id);
    expect(cancelled).toMatchObject({ status: 0, stdout: expect.stringMatching(/state +cancelled/) });
    // Nothing to wait for, and not the end that watching hopes for.
    expect(await qvara('jobs', 'watch', id)).toMatchObject({ status: 1 });
    const retried = await qvara('jobs', 'retry', id);
    expect(retried).toMatchObject({
      status: 3,
      stdout: '',
      stderr: expect.stringMatching(/\[409 job-not-retryable\]/),
    });
  });

  it('Ctrl-C ends the watching, not the job', async () => {
    const command = start('provision', ...DENTAL, '--region', 'nowhere');
    const isHeld = () => /held/.test(command.said.stderr);
    await expect.poll(isHeld, { timeout: 20_000 }).toBe(true);
    command.signal('SIGINT');
    const { status, stderr } = await command.ended;
    expect(status).toBe(130);
    const [id] = JOB.exec(stderr) ?? [];
    expect((await api.job(id ?? '')).state).toBe('held');
    await qvara('jobs', 'cancel', id ?? '');
  });
});

describe('events', () => {
  it('are listed by place, type and customer, and say when there are more', async () => {
    const { stdout, stderr } = await qvara('events', '--limit', '3');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/ +/)[0]),
    ).toEqual(['1', '2', '3']);
    expect(stderr).toMatch(/There are more/);
    const accepted: CloudEvent[] = values(await qvara('events', '--all', '--type', 'job.accepted', '--json'));
    expect(new Set(accepted.map(({ type }) => type))).toEqual(new Set(['qvara.job.accepted.v1']));
    const { customerId } = accepted[0]?.data ?? {};
    const own: CloudEvent[] = values(
      await qvara('events', '--customer', String(customerId), '--limit', '500', '--json'),
    );
    expect(new Set(own.map(({ data }) => data.customerId))).toEqual(new Set([customerId]));
  });

  it('are followed as they happen, for as long as somebody reads', async () => {
    const following = start('events', '--follow', '--after', '0', '--type', 'job.completed', '--json');
    const { id } = values(await qvara('provision', ...DENTAL, '--json'))[0];
    await following.says(id);
    following.signal('SIGINT');
    expect((await following.ended).status).toBe(130);
    const piped = start('events', '--follow', '--after', '0');
    await piped.says('job.accepted');
    piped.closeStdout();
    await qvara('provision', ...DENTAL);
    expect(await piped.ended).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('what goes wrong', () => {
  it('a refusal names the place, the rule and the remedy; as JSON it is the problem document', async () => {
    const wrong = ['provision', '--name', 'x', '--service-type', 'Not a code', '--industry', 'dental'];
    const refused = await qvara(...wrong);
    expect(refused).toMatchObject({ status: 3, stdout: '' });
    expect(refused.stderr).toMatch(
      /\[422 invalid-request\]\n {2}\/payload\/serviceType: must be a code .*\n {2}What to do: /,
    );
    const { status, stdout, stderr } = await qvara(...wrong, '--json');
    expect([status, stdout, JSON.parse(stderr).code]).toEqual([3, '', 'invalid-request']);
  });

  it('who is not there, and who is not the service, is told apart from a refusal', async () => {
    const away = await qvara('jobs', 'list', '--url', 'http://127.0.0.1:9');
    expect(away).toMatchObject({ status: 4, stdout: '' });
    expect(away.stderr).toMatch(/http:\/\/127\.0\.0\.1:9 does not answer: .*; trying again in/);
    const worker = await qvara('jobs', 'list', '--url', stack.workers[0]?.url ?? '');
    expect(worker).toMatchObject({ status: 4, stderr: expect.stringMatching(/Does the URL lead to intake/) });
  });

  it('a command line that cannot be used sends nothing', async () => {
    const wrong = [
      ['provison'],
      ['provision'],
      ['jobs', 'list', '--state', 'broken'],
      ['jobs', 'list', '--limit', 'many'],
      ['retention', 'ref:crm-42', '--sms', 'long'],
      ['transcription', 'ref:crm-42', '--sentiment-analysis', 'maybe'],
      ['jobs', 'list', '--url', 'ftp://example.com'],
      ['jobs'],
    ];
    for (const [n, said] of (await all(wrong)).entries())
      expect([wrong[n], said.status, said.stdout]).toEqual([wrong[n], 2, '']);
  });

  it('the key comes from a file or the environment, and is in no output', async () => {
    const { QVARA_URL } = options().env;
    const none = { cwd: folder, env: { QVARA_URL } };
    expect(await runCommand(['jobs', 'list'], none)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/No key/),
    });
    const named = await runCommand(['jobs', 'list', '--key-file', keyFile, '--json'], none);
    expect(named.status).toBe(0);
    const bad = await runCommand(['jobs', 'list'], { ...none, env: { QVARA_URL, QVARA_API_KEY: `${api.key}x` } });
    expect(bad).toMatchObject({ status: 2, stderr: expect.stringMatching(/QVARA_API_KEY does not hold a key/) });
    const limited = await stack.client(['jobs:read']);
    const forbidden = await runCommand(['containers', 'list', '--json'], options(limited.key));
    expect(forbidden).toMatchObject({ status: 3, stderr: expect.stringMatching(/"code":"forbidden"/) });
    for (const { stdout, stderr } of [named, bad, forbidden])
      expect(stdout + stderr).not.toMatch(new RegExp(`${api.key}|${limited.key}`));
  });
});
