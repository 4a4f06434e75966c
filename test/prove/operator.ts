import { setTimeout as delay } from 'node:timers/promises';
import { QUEUE_NAMES, type QueueName } from '@qvara/contracts/jobs';
import type { Caller } from './caller.ts';
import type { Chance } from './chance.ts';
import { REGIONS } from './requests.ts';

/** Whoever runs the platform: adds containers and capacity, drains and takes back into service. */
export type Operator = {
  /** Ids of the containers there are. */
  readonly containers: () => readonly string[];
  readonly addContainer: (region: string, capacity: number) => Promise<void>;
  readonly cancel: (jobId: string) => Promise<void>;
  readonly pause: (queue: QueueName, paused: boolean) => Promise<void>;
  /** Changes the inventory from time to time, until the signal. */
  readonly work: (chance: Chance, over: AbortSignal) => Promise<void>;
  /** Takes all containers back into service, with all the seats they can have, and lets every queue go on. */
  readonly openAll: () => Promise<void>;
};

const FIRST_CAPACITY = 15;
const MOST = 999;
const EVERY_MS = [2_000, 5_000] as const;

/** Starts with one container in each region and another in the first. */
export async function createOperator(caller: Caller): Promise<Operator> {
  const capacities = new Map<string, number>();
  let next = 100_001;

  async function addContainer(region: string, capacity: number): Promise<void> {
    const id = String(next++);
    const body = { id, region, capacity, label: `Container ${id}` };
    const { status } = await caller.insist({ method: 'POST', path: '/v1/containers', body });
    // A 409 is an earlier answer that was lost.
    if (status === 201 || status === 409) capacities.set(id, capacity);
  }

  async function change(id: string, body: { state?: string; capacity?: number }): Promise<void> {
    const { status } = await caller.insist({ method: 'PATCH', path: `/v1/containers/${id}`, body });
    if (status === 200 && body.capacity !== undefined) capacities.set(id, body.capacity);
  }

  async function pause(queue: QueueName, paused: boolean): Promise<void> {
    await caller.insist({ method: 'POST', path: `/v1/queues/${queue}/${paused ? 'pause' : 'resume'}` });
  }

  async function enlarge(id: string, seats: number): Promise<void> {
    await change(id, { capacity: Math.min(MOST, (capacities.get(id) ?? 0) + seats) });
  }

  for (const region of [...REGIONS, REGIONS[0]]) await addContainer(region, FIRST_CAPACITY);
  return {
    containers: () => [...capacities.keys()],
    addContainer,
    cancel: async (jobId) => void (await caller.insist({ method: 'POST', path: `/v1/jobs/${jobId}/cancel` })),
    pause,
    async work(chance, over) {
      while (!over.aborted) {
        const id = chance.pick([...capacities.keys()]);
        const what = chance.number();
        if (what < 0.25) await addContainer(chance.pick(REGIONS), chance.between(3, 15));
        else if (what < 0.75) await enlarge(id, chance.between(5, 25));
        else await change(id, { state: what < 0.85 ? 'draining' : 'online' });
        await delay(chance.between(...EVERY_MS), undefined, { signal: over }).catch(() => undefined);
      }
    },
    async openAll() {
      for (const queue of QUEUE_NAMES) await pause(queue, false);
      for (const id of capacities.keys()) await change(id, { state: 'online', capacity: MOST });
    },
  };
}
