import type { QueueName } from '@qvara/contracts/jobs';
import type { Processor, Queue, QueueOptions, Worker, WorkerOptions } from 'bullmq';

/** What a bell carries in BullMQ: names, nothing else. */
export type BellData = { readonly jobId: string; readonly bellNo: number };

/** One way to reach BullMQ. Producers and consumers share it and must be closed before it. */
export type QueueBackend = {
  readonly kind: 'redis' | 'postgresql';
  /** Completed bells that BullMQ keeps: on PostgreSQL keeping a number costs an expensive delete each time. */
  readonly keepCompleted: true | { readonly count: number };
  newQueue(name: QueueName, options: Omit<QueueOptions, 'connection' | 'prefix'>): Queue<BellData>;
  newWorker(
    name: QueueName,
    processor: Processor<BellData>,
    options: Omit<WorkerOptions, 'connection'>,
  ): Worker<BellData>;
  /** Fulfils when the server answers within two seconds and can take bells. Rejects with the reason. */
  ping(): Promise<void>;
  /** Closes every connection; safe to call twice. Never rejects, ends within two seconds. */
  close(): Promise<void>;
};
