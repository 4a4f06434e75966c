import { CodedError } from '@qvara/contracts/failure';
import type { NextFunction, Request, Response } from 'express';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Refuses what another site makes a browser send. A request without either header comes from no browser. */
export function requireSameOrigin(request: Request, _response: Response, next: NextFunction): void {
  if (!SAFE_METHODS.includes(request.method) && isForeign(request)) {
    throw new CodedError('forbidden', 'Another site sent this request.');
  }
  next();
}

function isForeign(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = request.get('origin');
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.host;
}
