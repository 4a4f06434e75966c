import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { FAILURE_CODES } from '@qvara/contracts/failure';

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  // Node would refuse without a word; the application says what is missing.
  requireHostHeader: false,
};
const LOOK_MS = 25;

/** Connections whose request may take longer to arrive than others: whoever reads it watches over the time. */
export const unhurried = new WeakSet<Duplex>();

export type Listening = {
  readonly port: number;
  /** Takes no more connections, lets requests under way finish, and cuts what is left after that many milliseconds. */
  close(deadlineMs: number): Promise<void>;
};

type Place = { readonly host: string; readonly port: number; readonly requestTimeoutMs?: number | undefined };

/** Serves HTTP. Rejects when the port is taken. */
export async function listen(
  listener: RequestListener,
  { host, port, requestTimeoutMs = LIMITS.requestTimeout }: Place,
): Promise<Listening> {
  const connectionsCheckingInterval = Math.min(LIMITS.connectionsCheckingInterval, requestTimeoutMs);
  const headersTimeout = Math.min(LIMITS.headersTimeout, requestTimeoutMs);
  const limits = { ...LIMITS, headersTimeout, requestTimeout: requestTimeoutMs, connectionsCheckingInterval };
  const server = createServer(limits, listener);
  answerInTurn(server);
  // Node would answer an expectation it does not know by a 417 without a word; it may as well be passed over (RFC 9110).
  server.on('checkExpectation', listener);
  await once(server.listen(port, host), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: (deadlineMs) => closeServer(server, deadlineMs),
  };
}

async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection becomes idle when its request is answered: only then may it be closed.
  const idle = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  const cut = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

/** What cannot be read is answered behind what came before it: else its refusal would pass for the answer to that. */
function answerInTurn(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (request, response) => latest.set(request.socket, response));
  function refuse(error: Error & { code?: string }, socket: Duplex): void {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && unhurried.has(socket)) return;
    const before = latest.get(socket);
    if (before?.req.complete && !before.closed) before.once('close', () => answerUnreadable(error, socket));
    else answerUnreadable(error, socket);
  }
  server.on('clientError', refuse);
  // Node would cut whoever asks for a tunnel off without a word.
  server.on('connect', (_, socket) => refuse(Object.assign(new Error('no proxy'), { code: 'TUNNEL' }), socket));
}

const UNREADABLE: Readonly<Record<string, { status: number; line: string; detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    line: 'Request Header Fields Too Large',
    detail: 'The headers have more than 16 KiB.',
  },
  TUNNEL: { status: 400, line: 'Bad Request', detail: 'This is no proxy: CONNECT asks for a tunnel.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, line: 'Request Timeout', detail: 'The request did not arrive in time.' },
};

/** What is not HTTP never becomes a request: the answer is written by hand. */
function answerUnreadable(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const known = UNREADABLE[error.code ?? ''] ?? {
    status: 400,
    line: 'Bad Request',
    detail: 'What was sent is not HTTP.',
  };
  const { title, remedy } = FAILURE_CODES['malformed-request'];
  const code = 'malformed-request';
  const document = {
    type: `/docs#problem-${code}`,
    title,
    status: known.status,
    detail: known.detail,
    code,
    instance: '',
    remedy,
    errors: [{ parameter: 'request', code, message: known.detail, remedy: 'Send HTTP/1.1 as RFC 9112 has it.' }],
  };
  const body = JSON.stringify(document);
  const head = [
    `HTTP/1.1 ${known.status} ${known.line}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
