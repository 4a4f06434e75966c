import type { Logger } from '@qvara/runtime/logger';
import type { Probes } from '@qvara/runtime/probes';
import express, { type Express, type RequestHandler } from 'express';
import { BOARD_PATH, type Board } from './board.ts';
import { createGate, operatorOn } from './gate.ts';
import { type FindOperator, recheckOperators } from './operators.ts';
import { readStyle, STYLE_PATH, startPage } from './pages.ts';
import { allowOnly, answerErrors, refuseUnknownPath } from './problems.ts';
import { requireSameOrigin } from './same-origin.ts';
import { boardHeaders, securityHeaders } from './security-headers.ts';
import { createSessions } from './session.ts';
import { createSignIn } from './sign-in.ts';

export type AppOptions = {
  readonly find: FindOperator;
  readonly board: Board;
  readonly probes: Probes;
  readonly secretKeys: readonly Uint8Array[];
  /** Reverse proxies in front whose forwarding headers count. */
  readonly proxies: number;
  readonly docs?: string | undefined;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** The console: probes and the sign-in for everyone, all else for operators. */
export function createApp({ find, board, probes, docs, logger, now, ...options }: AppOptions): Express {
  const sessions = createSessions(options.secretKeys);
  const gate = createGate({ sessions, operatorOf: recheckOperators(find, now), now });

  const app = express().disable('x-powered-by').set('trust proxy', options.proxies);
  app.use(securityHeaders, answerProbes(probes), requireSameOrigin);
  app.all(STYLE_PATH, allowOnly('GET', 'HEAD'), serveStyle());
  app.use(createSignIn({ gate, find, sessions, now, logger }));

  app.use(gate.requireOperator);
  app.all('/', allowOnly('GET', 'HEAD'), (_request, response) => {
    response.send(startPage({ keyId: operatorOn(response).keyId, docs }));
  });
  app.use(BOARD_PATH, allowOnly('GET', 'HEAD'), boardHeaders, board.handle);
  app.use(refuseUnknownPath, answerErrors(logger));
  return app;
}

function answerProbes(probes: Probes): RequestHandler {
  return async (request, response, next) => {
    if (!(await probes(request, response))) next();
  };
}

function serveStyle(): RequestHandler {
  const style = readStyle();
  return (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('css').send(style);
  };
}
