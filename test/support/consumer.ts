import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';

export type Received = {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
  readonly jobSequence: number | null;
  readonly jobId: string | null;
  readonly replay: boolean;
  /** How long after it happened it came, as far as the clocks of the machines agree. */
  readonly lateMs: number;
};

/** A consumer of webhooks that knows the two standards and nothing of us. */
export type Consumer = {
  readonly url: string;
  /** What was received with a good signature and answered by a success, in its order. */
  readonly received: Received[];
  /** What could not be verified. */
  readonly refused: string[];
  /** The secrets with which signatures are checked: any of them will do. */
  secrets: string[];
  /** How requests are answered; by 204 unless it says otherwise. */
  answer: (event: Received, response: ServerResponse) => void;
  close(): Promise<void>;
};

/** Starts a consumer on a free port. */
export async function startConsumer(): Promise<Consumer> {
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const event = consumer.secrets.map((secret) => verified(secret, request, body)).find((one) => one !== null);
    if (event === undefined) {
      consumer.refused.push(body);
      response.writeHead(400).end();
      return;
    }
    response.once('finish', () => {
      if (response.statusCode < 300) consumer.received.push(event);
    });
    consumer.answer(event, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const consumer: Consumer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    received: [],
    refused: [],
    secrets: [],
    answer: (_, response) => void response.writeHead(204).end(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return consumer;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

function verified(secret: string, { headers }: IncomingMessage, body: string): Received | null {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
  } catch {
    return null;
  }
  const event = HTTP.toEvent<{ sequence: number; jobSequence: number | null; jobId: string | null }>({ headers, body });
  if (!(event instanceof CloudEvent) || event.data === undefined) return null;
  const { sequence, jobSequence, jobId } = event.data;
  const known = { id: event.id, type: event.type, sequence, jobSequence, jobId };
  const lateMs = Date.now() - Date.parse(event.time ?? '');
  return { ...known, replay: headers['qvara-replay'] === 'true', lateMs };
}
