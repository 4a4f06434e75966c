import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Finds a port nobody listens on at `host` right now. */
export async function findFreePort(host = '127.0.0.1'): Promise<number> {
  return listenBriefly(host, 0);
}

/** Whether somebody listens on the port already. Throws when the address cannot be used for another reason. */
export async function isPortTaken(host: string, port: number): Promise<boolean> {
  try {
    await listenBriefly(host, port);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return true;
    throw error;
  }
}

async function listenBriefly(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return taken;
}
