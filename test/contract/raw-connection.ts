import { once } from 'node:events';
import { connect } from 'node:net';

/** What a server said until it closed the connection, and how long that took. */
export type Said = { readonly text: string; readonly statuses: readonly number[]; readonly ms: number };

const GIVEN_UP_MS = 10_000;

/** Sends bytes as they are, and perhaps says goodbye; answers when the server has closed the connection. */
export async function say(url: string, bytes: Buffer, { leaving = false } = {}): Promise<Said> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  // A server may cut off who talks on after an answer.
  socket.on('error', () => undefined);
  socket.setTimeout(GIVEN_UP_MS, () => socket.destroy());
  const closed = once(socket, 'close');
  const started = performance.now();
  if (leaving) socket.end(bytes);
  else socket.write(bytes);
  await closed;
  const text = Buffer.concat(pieces).toString('latin1');
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { text, statuses, ms: performance.now() - started };
}
