import { Webhook } from 'standardwebhooks';

const PREFIX = 'whsec_';

/** The text of a secret made of these bytes, as Standard Webhooks has it. */
export function secretText(bytes: Uint8Array): string {
  return `${PREFIX}${Buffer.from(bytes).toString('base64')}`;
}

type Signed = { readonly id: string; readonly body: string; readonly at: Date };

/** The headers by which a webhook knows who sent a body, and when: a signature for each of the secrets. */
export function signatureHeaders(secrets: readonly string[], { id, body, at }: Signed): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}
