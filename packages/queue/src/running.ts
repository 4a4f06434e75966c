import { inspect } from 'node:util';
import { importId, jobId as jobIdSchema, webhookId } from '@qvara/contracts/ids';
import { type Processor, UnrecoverableError, WaitingError } from 'bullmq';
import type { BellData } from './backend.ts';
import { plainText } from './plain-text.ts';

/** What became of a bell. Only `give-up` shows as failed; all else belongs to the ledger. */
export type BellAnswer =
  | { readonly outcome: 'done' | 'wait' | 'hold' | 'stale' | 'interrupted' }
  | { readonly outcome: 'give-up'; readonly failure: { readonly code: string; readonly message: string } };

export type Handle = (bell: BellData, signal: AbortSignal) => Promise<BellAnswer>;

export type Running = {
  readonly process: Processor<BellData>;
  /** Aborts every running handler; a bell that still comes in is put back. */
  stop(): void;
  /** Fulfils when no handler runs. */
  ended(): Promise<void>;
};

/** The bells that are running in this process. */
export function openRunning(options: { readonly handle: Handle; readonly onError: (error: Error) => void }): Running {
  const running = new Set<Promise<BellAnswer>>();
  const stopped = new AbortController();

  async function run(bell: BellData): Promise<BellAnswer> {
    const answer = options.handle(bell, stopped.signal);
    running.add(answer);
    try {
      return await answer;
    } finally {
      running.delete(answer);
    }
  }

  return {
    process: async (job, token) => {
      if (stopped.signal.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      const bell = parseBell(job.data);
      if (bell === undefined) {
        options.onError(new Error(`A malformed bell was dropped: ${plainText(String(job.id), 100)}`));
        return { outcome: 'stale' };
      }
      const answer = await run(bell).catch((thrown: unknown) => {
        const error = thrown instanceof Error ? thrown : new Error(`Not an error was thrown: ${inspect(thrown)}`);
        options.onError(error);
        throw shown(`defect: ${error.message}`);
      });
      if (answer.outcome === 'give-up') throw shown(`${answer.failure.code}: ${answer.failure.message}`);
      if (answer.outcome === 'interrupted') {
        // Another worker takes it; if the job was claimed, its release has rung anew and this one is stale.
        await job.moveToWait(token);
        throw new WaitingError();
      }
      return { outcome: answer.outcome };
    },
    stop() {
      stopped.abort(new Error('The worker stops'));
    },
    async ended() {
      await Promise.allSettled(running);
    },
  };
}

function parseBell(data: unknown): BellData | undefined {
  const { jobId, bellNo } = (data ?? {}) as Record<string, unknown>;
  const id = [jobIdSchema, importId, webhookId].map((schema) => schema.safeParse(jobId)).find(({ success }) => success);
  return id?.data !== undefined && Number.isSafeInteger(bellNo)
    ? { jobId: id.data, bellNo: Number(bellNo) }
    : undefined;
}

function shown(text: string): UnrecoverableError {
  const error = new UnrecoverableError(plainText(text));
  // BullMQ stores the stack too; the place in our code says nothing about the job.
  error.stack = error.message;
  return error;
}
