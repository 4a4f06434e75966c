import type { ServerResponse } from 'node:http';
import type { EventName } from '@qvara/contracts/events';
import { type Consumer, type Received, startConsumer } from '../support/consumer.ts';
import type { Caller } from './caller.ts';
import type { Chance } from './chance.ts';
import type { Subscription } from './evidence.ts';

/** One webhook of a client, and the receiver behind it with its own memory. */
export type Subscriber = {
  readonly subscription: Subscription;
  /** What came with a signature that does not verify. */
  readonly refused: () => number;
  readonly rotate: () => Promise<void>;
  readonly setState: (state: 'enabled' | 'disabled') => Promise<void>;
  readonly replay: (after: number) => Promise<void>;
  /** Breaks every connection off, or does so no more. */
  readonly setAway: (away: boolean) => void;
  /** Has nothing against anything any more, but what it never takes. */
  readonly calm: () => void;
  readonly close: () => Promise<void>;
};

/** What a receiver with a defect of its own never takes: about one event in so many. */
const POISON = 397;
const FAILS = 0.1;

type Plan = {
  readonly caller: Caller;
  readonly chance: Chance;
  /** Null for all. */
  readonly names: readonly EventName[] | null;
  /** Whether it fails now and then, once for an event at most, and never takes some. */
  readonly troubled: boolean;
};
type Webhook = { readonly id: string; readonly secret: string; readonly deliveredTo: number };

/** Starts a receiver and adds a webhook that leads to it. Throws when it is refused. */
export async function subscribe({ caller, chance, names, troubled }: Plan): Promise<Subscriber> {
  const consumer = await startConsumer();
  const body = { url: consumer.url, ...(names && { eventTypes: names }) };
  const added = await caller.insist({ method: 'POST', path: '/v1/webhooks', body });
  if (added.status !== 201) throw new Error(`no webhook: ${added.status} ${JSON.stringify(added.body)}`);
  const { id, secret, deliveredTo } = added.body as Webhook;
  consumer.secrets = [secret];
  const mood = { away: false, calm: !troubled };
  consumer.answer = answersOf(chance, troubled, mood);
  const path = `/v1/webhooks/${id}`;
  return {
    subscription: { webhookId: id, after: deliveredTo, names, receipts: consumer.received },
    refused: () => consumer.refused.length,
    async rotate() {
      const { status, body } = await caller.insist({ method: 'POST', path: `${path}/rotate-secret` });
      if (status === 200) takeSecret(consumer, (body as Webhook).secret);
    },
    setState: async (state) => void (await caller.insist({ method: 'PATCH', path, body: { state } })),
    replay: async (after) => void (await caller.insist({ method: 'POST', path: `${path}/replay`, body: { after } })),
    setAway(away) {
      mood.away = away;
    },
    calm() {
      Object.assign(mood, { away: false, calm: true });
    },
    close: consumer.close,
  };
}

/** A receiver goes on with the secret it has as long as it signs too: until the next one comes. */
function takeSecret(consumer: Consumer, secret: string): void {
  consumer.secrets = [secret, ...consumer.secrets.slice(0, 1)];
}

function answersOf(chance: Chance, troubled: boolean, mood: { readonly away: boolean; readonly calm: boolean }) {
  const failed = new Set<string>();
  return ({ id, sequence }: Received, response: ServerResponse): void => {
    if (mood.away) response.destroy();
    else if (troubled && sequence % POISON === 0) response.writeHead(422).end('This I never take.');
    else if (mood.calm || failed.has(id) || !chance.yes(FAILS)) response.writeHead(204).end();
    else {
      failed.add(id);
      fail(chance, response);
    }
  };
}

function fail(chance: Chance, response: ServerResponse): void {
  const how = chance.number();
  if (how < 0.5) response.writeHead(500).end('not now');
  else if (how < 0.8) response.writeHead(429, { 'retry-after': '1' }).end();
  else if (how < 0.97) response.destroy();
  // Else it never answers.
}
