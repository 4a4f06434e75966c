import { Webhook } from 'standardwebhooks';

const PREFIX = 'whsec_';

/** The text of a secret made of these bytes, as Standard Webhooks has it. */
export function secretText(bytes: Uint8Array): string {
  return `${PREFIX}${Buffer.from(bytes).toString('base64')}`;
}

type Signed = { readonly id: string; readonly body: string; readonly at: Date };

/** The headers of an event that is posted; by them a webhook knows who sent it, and when: a signature for each of the secrets. */
export function eventHeaders(secrets: readonly string[], { id, body, at }: Signed): Record<string, string> {
  return {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'Qvara-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}
