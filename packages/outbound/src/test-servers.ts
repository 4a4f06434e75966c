import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

/** A server of a test, on a free port of the loopback. `connections` counts those that were ever opened. */
export type TestServer = { readonly port: number; connections(): number; [Symbol.asyncDispose](): Promise<void> };

export async function listen(handle: RequestListener, tls?: TlsOptions): Promise<TestServer> {
  const server: Server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  let connections = 0;
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
