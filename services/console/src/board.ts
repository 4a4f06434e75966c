import { once } from 'node:events';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { CodedError } from '@qvara/contracts/failure';
import type { QueueBackend } from '@qvara/queue/backend';
import { createProducer, type Producer } from '@qvara/queue/producer';
import type { Logger } from '@qvara/runtime/logger';
import type { Express, RequestHandler } from 'express';

const READY_MS = 3000;

/** Where bull-board is mounted. */
export const BOARD_PATH = '/bull-board';

export type Board = {
  /** Answers bull-board's pages and calls. Throws `unavailable` while the queues cannot be reached. */
  readonly handle: RequestHandler;
  /** Closes the queues; the backend stays open. */
  close(): Promise<void>;
};

type OpenBoard = { readonly producer: Producer; readonly pages: Express };

/**
 * bull-board, to look at only: the ledger is the truth, so its retries are safe and the board's are not. The queues are
 * opened by the first request, and again by a later one when that failed: a queue that met no server never recovers.
 */
export function createBoard(backend: QueueBackend, logger: Pick<Logger, 'warn'>): Board {
  let opening: Promise<OpenBoard> | undefined;

  function open(): Promise<OpenBoard> {
    opening ??= openBoard(backend).catch((error: unknown) => {
      opening = undefined;
      logger.warn({ err: error }, 'The queues could not be opened');
      throw new CodedError('unavailable', 'The queues do not answer.');
    });
    return opening;
  }

  return {
    async handle(request, response, next) {
      const { pages } = await open();
      pages(request, response, next);
    },
    async close() {
      const opened = await opening?.catch(() => undefined);
      await opened?.producer.close();
    },
  };
}

async function openBoard(backend: QueueBackend): Promise<OpenBoard> {
  await backend.ping();
  const producer = createProducer(backend);
  try {
    const late = once(AbortSignal.timeout(READY_MS), 'abort').then(() => {
      throw new Error(`The queues were not ready within ${READY_MS} ms`);
    });
    await Promise.race([Promise.all(producer.queues().map((queue) => queue.waitUntilReady())), late]);
    return { producer, pages: boardPages(producer) };
  } catch (error) {
    await producer.close();
    throw error;
  }
}

function boardPages(producer: Producer): Express {
  const serverAdapter = new ExpressAdapter().setBasePath(BOARD_PATH);
  createBullBoard({
    queues: producer.queues().map((queue) => new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false })),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'Qvara queues',
        hideDocsLink: true,
        miscLinks: [{ text: 'Console', url: '/' }],
      },
    },
  });
  const pages = serverAdapter.getRouter() as Express;
  pages.disable('x-powered-by');
  return pages;
}
