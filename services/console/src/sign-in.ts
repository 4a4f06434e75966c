import { KEY_TEXT } from '@qvara/contracts/clients';
import { CodedError } from '@qvara/contracts/failure';
import { sha256 } from '@qvara/runtime/crypto';
import type { Logger } from '@qvara/runtime/logger';
import { type Request, type RequestHandler, type Response, Router, urlencoded } from 'express';
import { z } from 'zod';
import type { Gate } from './gate.ts';
import { safeNext } from './next-path.ts';
import type { FindOperator } from './operators.ts';
import { loginPage } from './pages.ts';
import { allowOnly, wantsPage } from './problems.ts';
import { SESSION_MS, type Sessions } from './session.ts';
import { clearSessionCookie, setSessionCookie } from './session-cookie.ts';
import { limitSignIns } from './sign-in-limit.ts';

// One answer for every key that opens nothing: it does not tell which keys exist.
const REFUSAL = 'This key does not open the console: it is unknown, revoked or lacks the scope admin.';
const BODY_LIMIT = '8kb';

const form = z.object({ key: z.string().trim().regex(KEY_TEXT), next: z.string().optional() });

type SignInOptions = {
  readonly gate: Gate;
  readonly find: FindOperator;
  readonly sessions: Sessions;
  readonly now: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
};

/** GET /login, POST /login with a key of the scope `admin`, and POST /logout. */
export function createSignIn(options: SignInOptions): Router {
  const { gate } = options;
  const router = Router();

  const showForm: RequestHandler = async (request, response) => {
    const next = safeNext(request.query.next);
    if ((await gate.findOperator(request)) === null) response.send(loginPage({ next }));
    else response.redirect(303, next);
  };

  const signOut: RequestHandler = (_request, response) => {
    clearSessionCookie(response);
    response.redirect(303, '/login');
  };

  router.all('/login', allowOnly('GET', 'HEAD', 'POST')).get('/login', showForm);
  router.post('/login', ...signInSteps(options));
  router.all('/logout', allowOnly('POST')).post('/logout', signOut);
  return router;
}

function signInSteps({ find, sessions, now, logger }: SignInOptions): RequestHandler[] {
  const limit = limitSignIns();

  const countAttempt: RequestHandler = async (request, _response, next) => {
    await limit.count(addressOf(request));
    next();
  };

  const signIn: RequestHandler = async (request, response) => {
    const { data } = form.safeParse(request.body);
    const secretHash = data === undefined ? undefined : sha256(data.key);
    const operator = secretHash === undefined ? null : await find(secretHash);
    if (secretHash === undefined || operator === null) {
      logger.warn({ address: request.ip }, 'A sign-in was refused');
      return refuse(request, response);
    }
    await limit.forget(addressOf(request));
    logger.info({ keyId: operator.keyId, address: request.ip }, 'An operator signed in');
    setSessionCookie(response, sessions.write({ keyId: operator.keyId, secretHash, expiresAt: now() + SESSION_MS }));
    response.redirect(303, safeNext(data?.next));
  };

  return [countAttempt, urlencoded({ extended: false, limit: BODY_LIMIT, parameterLimit: 10 }), signIn];
}

function addressOf(request: Request): string {
  return request.ip ?? 'unknown';
}

function refuse(request: Request, response: Response): void {
  if (!wantsPage(request)) throw new CodedError('unauthenticated', REFUSAL);
  const { next } = (request.body ?? {}) as { next?: unknown };
  response.status(401).send(loginPage({ next: safeNext(next), refusal: REFUSAL }));
}
