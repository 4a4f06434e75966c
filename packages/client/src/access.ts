import type { ClientAnswer, KeyAnswer, MadeKey, newClient, newKey } from '@qvara/contracts/clients';
import type { z } from 'zod';
import { listAt } from './pages.ts';
import { pathOf } from './target.ts';
import type { CallOptions, Transport } from './transport.ts';

/** The clients of the service. */
export function clientCalls(transport: Transport) {
  return {
    ...listAt<ClientAnswer>(transport, '/v1/clients'),
    add: (client: z.input<typeof newClient>, options?: CallOptions) =>
      transport.json<ClientAnswer>({
        method: 'POST',
        path: '/v1/clients',
        json: client,
        repeatable: false,
        ...options,
      }),
  };
}

/** The keys of clients. */
export function keyCalls(transport: Transport) {
  return {
    /** Those of one client, revoked ones included. */
    of: (clientId: string) => listAt<KeyAnswer>(transport, pathOf`/v1/clients/${clientId}/keys`),
    /** The text of the key is in this answer and nowhere else. */
    add: (clientId: string, key: z.input<typeof newKey>, options?: CallOptions) =>
      transport.json<MadeKey>({
        method: 'POST',
        path: pathOf`/v1/clients/${clientId}/keys`,
        json: key,
        repeatable: false,
        ...options,
      }),
    revoke: (id: string, options?: CallOptions) =>
      transport.json<KeyAnswer>({ method: 'DELETE', path: pathOf`/v1/keys/${id}`, repeatable: true, ...options }),
  };
}
