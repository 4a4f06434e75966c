import type { RequestHandler } from 'express';

/** One way to take a job in: it answers a parsed POST /v1/jobs when its promise, if it makes one, is kept. */
export type Acceptor = { readonly handle: RequestHandler; close(): Promise<void> };
