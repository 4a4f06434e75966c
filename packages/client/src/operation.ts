import type { ContainerAnswer, ContainerChange, NewContainer, StrandedSeat } from '@qvara/contracts/containers';
import type { QueueName } from '@qvara/contracts/jobs';
import type { pausedQueue, QueueAnswer } from '@qvara/contracts/queues';
import type { REFERENCE_ENTRIES, Reference, ReferenceList } from '@qvara/contracts/reference';
import type { z } from 'zod';
import { listAt } from './pages.ts';
import { pathOf } from './target.ts';
import type { CallOptions, Transport } from './transport.ts';

export type PausedQueue = z.infer<typeof pausedQueue>;

/** The inventory of containers. */
export function containerCalls(transport: Transport) {
  return {
    ...listAt<ContainerAnswer>(transport, '/v1/containers'),
    add: (container: NewContainer, options?: CallOptions) =>
      transport.json<ContainerAnswer>({
        method: 'POST',
        path: '/v1/containers',
        json: container,
        repeatable: false,
        ...options,
      }),
    change: (id: string, change: ContainerChange, options?: CallOptions) =>
      transport.json<ContainerAnswer>({
        method: 'PATCH',
        path: pathOf`/v1/containers/${id}`,
        json: change,
        repeatable: true,
        ...options,
      }),
  };
}

/** Seats that an undo or a disconnection could not give back. */
export function strandedCalls(transport: Transport) {
  return listAt<StrandedSeat>(transport, '/v1/stranded');
}

/** The queues of jobs. */
export function queueCalls(transport: Transport) {
  const act = (name: QueueName, verb: 'pause' | 'resume', options?: CallOptions) =>
    transport.json<PausedQueue>({
      method: 'POST',
      path: pathOf`/v1/queues/${name}/${verb}`,
      repeatable: true,
      ...options,
    });
  return {
    async list(options?: CallOptions): Promise<readonly QueueAnswer[]> {
      const call = { method: 'GET', path: '/v1/queues', repeatable: true, ...options } as const;
      return (await transport.json<{ readonly items: readonly QueueAnswer[] }>(call)).items;
    },
    pause: (name: QueueName, options?: CallOptions) => act(name, 'pause', options),
    resume: (name: QueueName, options?: CallOptions) => act(name, 'resume', options),
  };
}

export type NewReferenceEntry<L extends ReferenceList> = z.input<(typeof REFERENCE_ENTRIES)[L]>;

/** Service types, industries, engines, retention choices and fees. */
export function referenceCalls(transport: Transport) {
  return {
    read: (options?: CallOptions) =>
      transport.json<Reference>({ method: 'GET', path: '/v1/reference', repeatable: true, ...options }),
    /** Adds or replaces the entry of that code. */
    put: <L extends ReferenceList>(
      place: { readonly list: L; readonly code: string },
      entry: NewReferenceEntry<L>,
      options?: CallOptions,
    ) =>
      transport.json<Reference[L][number]>({
        method: 'PUT',
        path: pathOf`/v1/reference/${place.list}/${place.code}`,
        json: entry,
        repeatable: true,
        ...options,
      }),
  };
}
