import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A server that keeps what it was sent. */
export type RequestCatcher = {
  readonly url: string;
  readonly caught: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** What it answers. */
  status: number;
  close(): Promise<void>;
};

/** Starts a server on a free port. */
export async function startCatcher(): Promise<RequestCatcher> {
  const server = createServer(async (request, response) => {
    catcher.caught.push({ headers: request.headers, body: await text(request) });
    response.writeHead(catcher.status).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const catcher: RequestCatcher = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    caught: [],
    status: 204,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return catcher;
}
