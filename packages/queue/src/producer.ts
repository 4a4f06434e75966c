import { QUEUE_NAMES, type QueueName } from '@qvara/contracts/jobs';
import { BELL_QUEUES, type BellQueue } from '@qvara/contracts/queues';
import type { Queue } from 'bullmq';
import type { BellData, QueueBackend } from './backend.ts';
import { within } from './within.ts';

const RING_MS = 3000;
const FIND_MS = 10_000;
const PAUSE_MS = 3000;
const CLOSE_MS = 1000;
const RINGS_APART = 64;
const RINGS_AT_ONCE = 1000;
const LOOKUPS_AT_ONCE = 100;
const KEEP_FAILED = 500;
const KEEP_EVENTS = 1000;
const DEADLOCK = '40P01';

/** A bell on its way into one of the queues. */
export type Bell = BellData & { readonly queue: BellQueue };

export type Producer = {
  /**
   * Adds the bells. One that BullMQ still remembers is ignored: its number says that it is the same ring. A few bells of
   * one ring may change places, in PostgreSQL; rings follow each other.
   * Rejects within three seconds when the server is away or slow; some of the bells may have been added.
   */
  ring(bells: readonly Bell[]): Promise<void>;
  /**
   * Those of the bells that nothing will deliver any more: forgotten or finished; with `taken` also those that a worker
   * has, for bells that should have been claimed long ago. Rejects within ten seconds.
   */
  findLostBells<B extends Bell>(bells: readonly B[], which?: { readonly taken: boolean }): Promise<B[]>;
  /** Makes these queues stand still and all others go on: workers take no bells from a paused one, it takes bells. */
  setPaused(paused: ReadonlySet<QueueName>): Promise<void>;
  /** The queues as BullMQ knows them, for a dashboard only. */
  queues(): Queue<BellData>[];
  /** Ends within a second; the backend stays open. */
  close(): Promise<void>;
};

/** Rings bells through a backend. Connects by itself and comes back by itself. */
export function createProducer(backend: QueueBackend): Producer {
  const queues = new Map<BellQueue, Queue<BellData>>(BELL_QUEUES.map((name) => [name, openQueue(backend, name)]));

  async function readyQueue(name: BellQueue): Promise<Queue<BellData>> {
    const queue = queues.get(name) ?? openQueue(backend, name);
    try {
      await queue.waitUntilReady();
      return queue;
    } catch {
      // BullMQ remembers a failed first connection for ever: only a new queue can connect again.
      await backend.ping();
      if (queues.get(name) === queue) queues.set(name, openQueue(backend, name));
      const replacement = queues.get(name) ?? queue;
      await replacement.waitUntilReady();
      return replacement;
    }
  }

  async function setOne(name: QueueName, wanted: boolean): Promise<void> {
    const queue = await readyQueue(name);
    if ((await queue.isPaused()) === wanted) return;
    await (wanted ? queue.pause() : queue.resume());
  }

  async function ringAll(bells: readonly Bell[]): Promise<void> {
    await eachQueue(bells, async (name, own) => {
      const queue = await readyQueue(name);
      for (const some of chunks(own, RINGS_AT_ONCE)) await addBells(queue, some, backend);
    });
  }

  async function findAll<B extends Bell>(bells: readonly B[], taken: boolean): Promise<B[]> {
    const lost = new Set<B>();
    await eachQueue(bells, async (name, own) => {
      const states = (await readyQueue(name)).getBackend();
      for (const some of chunks(own, LOOKUPS_AT_ONCE)) {
        const gone = await Promise.all(some.map((bell) => isGone(states, bellId(bell), taken)));
        some.forEach((bell, index) => void (gone[index] && lost.add(bell)));
      }
    });
    return bells.filter((bell) => lost.has(bell));
  }

  return {
    ring: (bells) => within(RING_MS, 'Ringing', ringAll(bells)),
    findLostBells: (bells, { taken } = { taken: false }) =>
      within(FIND_MS, 'Looking for lost bells', findAll(bells, taken)),
    setPaused: (paused) =>
      within(
        PAUSE_MS,
        'Pausing',
        Promise.all(QUEUE_NAMES.map((name) => setOne(name, paused.has(name)))).then(() => {}),
      ),
    queues: () => [...queues.values()],
    async close() {
      const closed = Promise.all([...queues.values()].map((queue) => queue.close()));
      await within(CLOSE_MS, 'Closing the queues', closed).catch(() => undefined);
    },
  };
}

/**
 * Whether a bell is not waiting any more. With `taken`, one that a worker took counts too: BullMQ gives a dead worker's
 * bells back by the clocks of the others, and one clock that is ahead keeps it from looking for as long.
 */
async function isGone(states: ReturnType<Queue['getBackend']>, id: string, taken: boolean): Promise<boolean> {
  return (await states.isFinished(id)) !== 0 || (taken && (await states.isJobInState('active', id)));
}

/** A bell's id in BullMQ. */
export function bellId({ jobId, bellNo }: BellData): string {
  return `${jobId}-${bellNo}`;
}

function openQueue(backend: QueueBackend, name: BellQueue): Queue<BellData> {
  const queue = backend.newQueue(name, { streams: { events: { maxLen: KEEP_EVENTS } } });
  // The backend reports lost connections, a ring its own failure.
  queue.on('error', () => undefined);
  return queue;
}

async function addBells(queue: Queue<BellData>, bells: readonly Bell[], backend: QueueBackend): Promise<void> {
  const jobs = bells.map(({ jobId, bellNo }) => ({
    name: 'bell',
    data: { jobId, bellNo },
    opts: {
      jobId: bellId({ jobId, bellNo }),
      attempts: 1,
      removeOnComplete: backend.keepCompleted,
      removeOnFail: { count: KEEP_FAILED },
    },
  }));
  // In PostgreSQL BullMQ makes temporary tables for many at once, and all plans of the database are made anew after it.
  if (backend.kind === 'postgresql' && jobs.length <= RINGS_APART) {
    const added = await Promise.allSettled(jobs.map(({ name, data, opts }) => queue.add(name, data, opts)));
    for (const one of added) if (one.status === 'rejected') throw one.reason;
    return;
  }
  // Two rings of the same bells in another order may deadlock in PostgreSQL; the loser added nothing.
  await queue.addBulk(jobs).catch((error: { code?: unknown }) => {
    if (error.code !== DEADLOCK) throw error;
    return queue.addBulk(jobs);
  });
}

async function eachQueue<B extends Bell>(
  bells: readonly B[],
  act: (name: BellQueue, own: readonly B[]) => Promise<void>,
): Promise<void> {
  const groups = Map.groupBy(bells, ({ queue }) => queue);
  await Promise.all([...groups].map(([name, own]) => act(name, own)));
}

function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
