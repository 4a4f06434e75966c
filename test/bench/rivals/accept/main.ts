import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Acceptor } from './acceptor.ts';
import { openBare } from './bare.ts';
import { type AcceptConfig, type AcceptRivalName, loadAcceptConfig } from './config.ts';
import { openInsertAdd } from './insert-add.ts';
import { openPlainAccept } from './plain-accept.ts';

const OPEN: Readonly<Record<AcceptRivalName, (config: AcceptConfig) => Acceptor | Promise<Acceptor>>> = {
  bare: openBare,
  'insert-add': openInsertAdd,
  'plain-accept': openPlainAccept,
};

const config = loadAcceptConfig(process.env);
const acceptor = await OPEN[config.rival](config);
const app = express();
// As the product's own.
app.disable('x-powered-by');
app.disable('etag');
app.post('/v1/jobs', express.json(), acceptor.handle);
const server = createServer({ keepAliveTimeout: 65_000 }, app);
await once(server.listen(0, '127.0.0.1'), 'listening');
process.once('SIGTERM', stop).once('disconnect', stop);
process.send?.({ ready: true, port: (server.address() as AddressInfo).port });

function stop(): void {
  server.close();
  server.closeAllConnections();
  void acceptor.close().then(() => process.exit(0));
}
