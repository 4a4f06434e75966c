import { setTimeout as delay } from 'node:timers/promises';
import type { BellQueue } from '@qvara/contracts/queues';
import type { Worker } from 'bullmq';
import type { BellData, QueueBackend } from './backend.ts';
import { quietly } from './quietly.ts';
import { type Handle, openRunning } from './running.ts';
import { within } from './within.ts';

export type { BellAnswer, Handle } from './running.ts';

/**
 * A bell whose worker died is put back within about 20 s; a worker whose event loop stands still for less than 10 s
 * keeps its bells. Neither matters to a job: the claim in the ledger decides, a bell delivered twice is stale.
 */
const LOCK_MS = 15_000;
const RENEW_MS = 5000;
const SWEEP_MS = 5000;
/** So large that the sweep never fails a bell; it must fit PostgreSQL's integer. */
const NEVER = 2_000_000_000;
const RETRY_MS = 1000;
/** What BullMQ may take to write down answers once the last handler has ended. */
const ANSWERS_MS = 2000;
const HARD_CLOSE_MS = 500;

export type Consumer = {
  /** Fulfils when bells are being taken, however long the server is away; or when the consumer is closed. */
  start(): Promise<void>;
  /**
   * Takes no more bells, aborts the signals of running handlers, waits for them, then closes hard: a bell still running
   * is put back by another worker's sweep. Ends within `deadlineMs` milliseconds, never rejects, safe to call twice.
   */
  close(deadlineMs: number): Promise<void>;
};

export type ConsumerOptions = {
  readonly backend: QueueBackend;
  readonly queue: BellQueue;
  readonly concurrency: number;
  /** Runs a bell. A rejection counts as a defect: it is reported, and the bell shown as failed. */
  readonly handle: Handle;
  /** Told of lost connections (which repair themselves), malformed bells and defects. */
  readonly onError: (error: Error) => void;
};

/** Takes bells from one queue and translates the handler's answers for BullMQ. Knows no job. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const report = quietly(options.onError);
  const running = openRunning({ handle: options.handle, onError: report.say });
  const stopped = new AbortController();
  let worker: Worker<BellData> | undefined;
  let opening: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function open(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        // BullMQ remembers a failed first connection for ever, and such a worker leaves listeners behind: ask first.
        await options.backend.ping();
        worker = openWorker(options, running.process);
        worker.on('error', report.say);
        await ready(worker, stopped.signal);
        if (!stopped.signal.aborted) worker.run().catch(report.say);
        return;
      } catch (error) {
        report.say(error as Error);
        await discard(worker);
        worker = undefined;
        await delay(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
    }
  }

  async function shut(deadlineMs: number): Promise<void> {
    const gentleUntil = Date.now() + deadlineMs - Math.min(HARD_CLOSE_MS, deadlineMs / 4);
    const left = () => Math.max(gentleUntil - Date.now(), 0);
    stopped.abort();
    const paused = (worker?.pause() ?? Promise.resolve()).catch(report.say);
    running.stop();
    await within(left(), 'Running bells', running.ended()).catch(() => undefined);
    await within(Math.min(left(), ANSWERS_MS), 'Answers of bells', paused).catch(() => undefined);
    report.mute();
    await discard(worker);
  }

  return {
    start() {
      opening ??= open();
      return opening;
    },
    close(deadlineMs) {
      closing ??= shut(deadlineMs);
      return closing;
    },
  };
}

function openWorker(
  { backend, queue, concurrency }: ConsumerOptions,
  process: Parameters<QueueBackend['newWorker']>[1],
) {
  return backend.newWorker(queue, process, {
    autorun: false,
    concurrency,
    lockDuration: LOCK_MS,
    lockRenewTime: RENEW_MS,
    stalledInterval: SWEEP_MS,
    maxStalledCount: NEVER,
    runRetryDelay: RETRY_MS,
  });
}

async function ready(worker: Worker<BellData>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([worker.waitUntilReady(), aborted]);
}

async function discard(worker: Worker<BellData> | undefined): Promise<void> {
  if (worker === undefined) return;
  await within(HARD_CLOSE_MS, 'Closing a worker', worker.close(true)).catch(() => undefined);
}
