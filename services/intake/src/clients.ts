import { page } from '@qvara/contracts/api';
import { client, key, madeKey, newClient, newKey } from '@qvara/contracts/clients';
import { clientId, keyId } from '@qvara/contracts/ids';
import { newId } from '@qvara/runtime/ids';
import { addClient, addKey, listClients, listKeys, revokeKey } from '@qvara/store/clients';
import { z } from 'zod';
import { keyHash, newKeyText } from './key-text.ts';
import { answerPage, pageFields, slicePage } from './paging.ts';
import { given } from './query-fields.ts';
import { route } from './route.ts';

const tag = 'Clients and keys';
const scope = 'admin';

export const CLIENT_ROUTES = [
  route({
    method: 'get',
    path: '/v1/clients',
    id: 'listClients',
    tag,
    scope,
    summary: 'List clients, the newest first',
    query: z.strictObject(pageFields(clientId)),
    answers: { 200: { description: 'A page of clients', schema: page(client) } },
    handle: async ({ ledger }, { query }) => ({
      status: 200,
      body: answerPage(await listClients(ledger, given(query)), (row) => row),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/clients',
    id: 'addClient',
    tag,
    scope,
    summary: 'Add a client',
    body: newClient,
    examples: { 'A client': { name: 'Western Resale' } },
    answers: { 201: { description: 'The client; it has no keys yet', schema: client } },
    handle: async ({ ledger }, { body, holder }) => ({
      status: 201,
      body: await addClient(ledger, holder, { id: newId('cli'), name: body.name }),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/keys',
    id: 'listKeys',
    tag,
    scope,
    summary: 'List the keys of a client, revoked ones included',
    params: z.strictObject({ id: clientId }),
    query: z.strictObject(pageFields(keyId)),
    answers: { 200: { description: 'A page of keys, without their texts', schema: page(key) } },
    handle: async ({ ledger }, { path, query }) => ({
      status: 200,
      body: slicePage(await listKeys(ledger, path.id), { ...query, nameOf: (row) => row.id }),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/clients/{id}/keys',
    id: 'addKey',
    tag,
    scope,
    summary: 'Make a key',
    description: 'The text of the key is in this answer and nowhere else.',
    params: z.strictObject({ id: clientId }),
    body: newKey,
    examples: { 'A key': { label: 'ordering', scopes: ['jobs:write', 'jobs:read'] } },
    answers: { 201: { description: 'The key with its text', schema: madeKey } },
    handle: async ({ ledger }, { path, body, holder }) => {
      const text = newKeyText();
      const row = {
        id: newId('key'),
        clientId: path.id,
        label: body.label ?? null,
        scopes: body.scopes,
        secretHash: keyHash(text),
      };
      const made = await addKey(ledger, holder, row);
      return { status: 201, body: { ...made, key: text }, headers: { 'Cache-Control': 'no-store' } };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/keys/{id}',
    id: 'revokeKey',
    tag,
    scope,
    summary: 'Revoke a key',
    description: 'It opens nothing any more, everywhere within two seconds. Repeatable.',
    params: z.strictObject({ id: keyId }),
    answers: { 200: { description: 'The key, revoked', schema: key } },
    handle: async ({ ledger, keys }, { path, holder }) => {
      const revoked = await revokeKey(ledger, holder, path.id);
      keys.forget();
      return { status: 200, body: revoked };
    },
  }),
];
