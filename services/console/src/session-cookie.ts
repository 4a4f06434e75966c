import type { CookieOptions, Request, Response } from 'express';
import { SESSION_MS } from './session.ts';

/** The text of the session's cookie, or undefined. */
export function sessionText(request: Request): string | undefined {
  const start = `${cookieName(request)}=`;
  const parts = (request.get('cookie') ?? '').split(';').map((part) => part.trim());
  return parts.find((part) => part.startsWith(start))?.slice(start.length);
}

/** Sets the session's cookie: unreadable for scripts, never sent from other sites, and over https only there. */
export function setSessionCookie(response: Response, text: string): void {
  response.cookie(cookieName(response.req), text, { ...options(response.req), maxAge: SESSION_MS });
}

/** Makes the browser forget the session. */
export function clearSessionCookie(response: Response): void {
  response.clearCookie(cookieName(response.req), options(response.req));
}

// With the prefix a browser takes the cookie over https only, and from no other host of the domain.
function cookieName({ secure }: Request): string {
  return secure ? '__Host-qvara-console' : 'qvara-console';
}

function options({ secure }: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', secure, path: '/' };
}
