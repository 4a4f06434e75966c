import type { BellQueue } from '@qvara/contracts/queues';
import type { Processor, Queue, QueueOptions, Worker, WorkerOptions } from 'bullmq';

/** What a bell carries in BullMQ: names, nothing else. `jobId` names a job; in the queues of imports and of deliveries, an import or a webhook. */
export type BellData = { readonly jobId: string; readonly bellNo: number };

/** One way to reach BullMQ. Producers and consumers share it and must be closed before it. */
export type QueueBackend = {
  readonly kind: 'redis' | 'postgresql';
  /** Completed bells that BullMQ keeps: on PostgreSQL keeping a number costs an expensive delete each time. */
  readonly keepCompleted: true | { readonly count: number };
  newQueue(name: BellQueue, options: Omit<QueueOptions, 'connection' | 'prefix'>): Queue<BellData>;
  newWorker(
    name: BellQueue,
    processor: Processor<BellData>,
    options: Omit<WorkerOptions, 'connection'>,
  ): Worker<BellData>;
  /** Fulfils when the server answers within two seconds and can take bells. Rejects with the reason. */
  ping(): Promise<void>;
  /** Closes every connection; safe to call twice. Never rejects, ends within two seconds. */
  close(): Promise<void>;
};
