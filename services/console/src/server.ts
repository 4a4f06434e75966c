import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

const HEADERS_MS = 10_000;
const REQUEST_MS = 15_000;
const KEEP_ALIVE_MS = 5000;
const SILENCE_MS = 30_000;

export type Server = {
  readonly port: number;
  /** Takes no more requests, lets those that run end for `patienceMs`, then cuts them off. */
  close(patienceMs: number): Promise<void>;
};

/** Listens; port 0 stands for any free one. Rejects when the port is taken. */
export async function startServer(listener: RequestListener, at: { host: string; port: number }): Promise<Server> {
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    listener,
  );
  server.setTimeout(SILENCE_MS);
  await once(server.listen(at.port, at.host), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : at.port,
    async close(patienceMs) {
      const closed = once(server, 'close');
      server.close();
      const cut = setTimeout(() => server.closeAllConnections(), patienceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
