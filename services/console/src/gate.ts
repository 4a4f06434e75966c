import { CodedError } from '@qvara/contracts/failure';
import type { Request, RequestHandler, Response } from 'express';
import type { FindSessionOperator, Operator } from './operators.ts';
import { wantsPage } from './problems.ts';
import type { Sessions } from './session.ts';
import { clearSessionCookie, sessionText } from './session-cookie.ts';

export type Gate = {
  /** The operator whose session the request carries, or null. */
  findOperator(request: Request): Promise<Operator | null>;
  /** Lets operators pass; shows people the way to the sign-in page and answers 401 to everything else. */
  readonly requireOperator: RequestHandler;
};

/** Knows operators by their session. */
export function createGate(options: {
  readonly sessions: Sessions;
  readonly operatorOf: FindSessionOperator;
  readonly now: () => number;
}): Gate {
  const { sessions, operatorOf, now } = options;

  async function findOperator(request: Request): Promise<Operator | null> {
    const text = sessionText(request);
    const session = text === undefined ? null : sessions.read(text, now());
    return session === null ? null : operatorOf(session);
  }

  return {
    findOperator,
    requireOperator: async (request, response, next) => {
      const operator = await findOperator(request);
      if (operator === null) return refuse(request, response);
      response.locals.operator = operator;
      next();
    },
  };
}

/** The operator that the gate let pass. */
export function operatorOn(response: Response): Operator {
  return response.locals.operator as Operator;
}

function refuse(request: Request, response: Response): void {
  if (sessionText(request) !== undefined) clearSessionCookie(response);
  if (wantsPage(request) && (request.method === 'GET' || request.method === 'HEAD')) {
    response.redirect(302, `/login?${new URLSearchParams({ next: request.originalUrl })}`);
    return;
  }
  response.set('WWW-Authenticate', 'Cookie realm="console", form-action="/login"');
  throw new CodedError('unauthenticated', 'Sign in at /login with a key that has the scope admin.');
}
