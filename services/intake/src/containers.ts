import { page } from '@qvara/contracts/api';
import { container, containerChange, newContainer, strandedSeat } from '@qvara/contracts/containers';
import { containerId } from '@qvara/contracts/ids';
import { addContainer, changeContainer, listContainers, listStranded } from '@qvara/store/containers';
import { z } from 'zod';
import { pageFields, slicePage } from './paging.ts';
import { given } from './query-fields.ts';
import { route } from './route.ts';

const tag = 'Containers';
const seatName = z.string().regex(/^[0-9]{6}-[0-9]{3}$/);

export const CONTAINER_ROUTES = [
  route({
    method: 'get',
    path: '/v1/containers',
    id: 'listContainers',
    tag,
    scope: 'admin',
    summary: 'List containers with their head-room',
    query: z.strictObject(pageFields(containerId)),
    answers: { 200: { description: 'A page of containers, by id', schema: page(container) } },
    handle: async ({ ledger }, { query }) => ({
      status: 200,
      body: slicePage(await listContainers(ledger), { ...query, nameOf: (row) => row.id }),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/containers',
    id: 'addContainer',
    tag,
    scope: 'admin',
    summary: 'Add a container',
    description:
      'It is online and empty. Without an id it gets the lowest free one. Jobs held for capacity that now fit go on.',
    body: newContainer,
    examples: { 'A container': { label: 'West 4', region: 'us-west', capacity: 400 } },
    answers: { 201: { description: 'The container', schema: container } },
    refusals: ['container-exists'],
    handle: async ({ ledger, announce }, { body, holder }) => ({
      status: 201,
      body: await addContainer(ledger, announce, { by: holder, container: given(body) }),
    }),
  }),
  route({
    method: 'patch',
    path: '/v1/containers/{id}',
    id: 'changeContainer',
    tag,
    scope: 'admin',
    summary: 'Change state, label or capacity of a container',
    description: 'A draining container takes no new customers. Jobs held for capacity that now fit go on.',
    params: z.strictObject({ id: containerId }),
    body: containerChange,
    examples: { Drain: { state: 'draining' }, Enlarge: { capacity: 900 } },
    answers: { 200: { description: 'The container', schema: container } },
    handle: async ({ ledger, announce }, { body, path, holder }) => ({
      status: 200,
      body: await changeContainer(ledger, announce, { by: holder, id: path.id, change: given(body) }),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/stranded',
    id: 'listStranded',
    tag,
    scope: 'jobs:read',
    summary: 'List seats that an undo or a disconnection could not give back',
    description:
      'Each stays taken, and its tenant may be gone or not, until a retry of its job finishes what was begun.',
    query: z.strictObject(pageFields(seatName)),
    answers: { 200: { description: 'A page of seats', schema: page(strandedSeat) } },
    handle: async ({ ledger }, { viewer, query }) => ({
      status: 200,
      body: slicePage(await listStranded(ledger, viewer), {
        ...query,
        nameOf: (row) => `${row.containerId}-${row.number}`,
      }),
    }),
  }),
];
