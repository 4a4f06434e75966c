import type { RequestHandler } from 'express';

const PAGES = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

// What bull-board's pages use: their own scripts and a worker, inline styles, a <base>, pictures in its style sheets.
// They also ask for fonts of an outside server: not granted, so that nobody else learns who looks at the queues.
const BOARD = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "form-action 'none'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
];

/** Sets the headers that every answer carries; none is kept by a cache. */
export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': PAGES.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    // With `no-referrer` a form's Origin would be null.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
  next();
};

/** Loosens the policy for bull-board's pages; its files may be kept, but are asked about every time. */
export const boardHeaders: RequestHandler = (request, response, next) => {
  response.set('Content-Security-Policy', BOARD.join('; '));
  if (request.path.startsWith('/static/')) response.set('Cache-Control', 'private, no-cache');
  next();
};
