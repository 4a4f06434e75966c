import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Consumer, startConsumer } from '../support/consumer.ts';
import { eventually } from '../support/eventually.ts';
import type { BackendName } from '../support/stack.ts';
import { type BenchCaller, openCaller } from './caller.ts';
import { round, type Spread, spreadOf } from './figures.ts';
import { addSeats, onSite } from './site.ts';
import { PER_SECOND, steadily } from './steady.ts';

/** From the end of a job to its receipt at a webhook that is well, in milliseconds: alone, and beside two that are dead. */
export type Receipts = { readonly quiet: Spread; readonly beside: Spread; readonly ratioP99: number };

const WARM_UP_S = 5;
const CONNECTIONS = 32;
const LAST_RECEIPT_MS = 60_000;
/** What tells a system whether its orders are through. */
const EVENT_TYPES = ['job.accepted', 'job.started', 'job.completed', 'job.failed'];

/** What webhooks of a client that never answer, or cannot be reached, do to another one of the same client. */
export async function measureWebhooks(backend: BackendName, seconds: number): Promise<Receipts> {
  return await onSite({ backend, env: { WEBHOOK_ALLOW: '127.0.0.1/32' } }, async (site) => {
    const [key = ''] = await site.keys(1);
    await addSeats(site, 2 * (WARM_UP_S + seconds) * PER_SECOND);
    const caller = openCaller(site.intakes[0]?.url ?? '', key, CONNECTIONS);
    const [well, silent] = [await startConsumer(), await startSilent()];
    well.secrets.push(await add(caller, well.url));
    await timeReceipts(well, caller, WARM_UP_S);
    const quiet = await timeReceipts(well, caller, seconds);
    await add(caller, silent.url);
    await add(caller, await findDeadUrl());
    const beside = await timeReceipts(well, caller, seconds);
    await Promise.all([caller.close(), well.close(), silent.close()]);
    return { quiet, beside, ratioP99: round(beside.p99 / quiet.p99) };
  });
}

async function add(caller: BenchCaller, url: string): Promise<string> {
  const { status, text } = await caller.post('/v1/webhooks', { url, eventTypes: EVENT_TYPES });
  if (status !== 201) throw new Error(`no webhook: ${status} ${text}`);
  return JSON.parse(text).secret;
}

async function timeReceipts({ received }: Consumer, caller: BenchCaller, seconds: number): Promise<Spread> {
  const ends = () => received.filter(({ type }) => type === 'qvara.job.completed.v1');
  const before = ends().length;
  await steadily(caller, seconds);
  const wanted = before + seconds * PER_SECOND;
  await eventually(() => ends().length >= wanted, {
    deadlineMs: LAST_RECEIPT_MS,
    describe: 'every end to be received',
  });
  return spreadOf(
    ends()
      .slice(before)
      .map(({ lateMs }) => lateMs),
  );
}

/** Takes what comes and never answers. */
async function startSilent() {
  const server = createServer(() => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Where nobody listens. */
async function findDeadUrl(): Promise<string> {
  const { url, close } = await startSilent();
  await close();
  return url;
}
