import { promises } from 'node:dns';
import { once } from 'node:events';
import DNS from 'dns2';
import type { Resolver } from './resolve.ts';

/** What a name server answers to each question about a name in turn; the last answer stays. */
export type Names = Record<string, string[][]>;
export type TestNames = {
  readonly resolver: Resolver;
  asked(name: string): number;
  [Symbol.asyncDispose](): Promise<void>;
};

const { A, AAAA } = DNS.Packet.TYPE;

/** A name server of our own on the loopback, and a resolver that asks it. Times to live are 0, as an attacker's are. */
export async function serveNames(names: Names): Promise<TestNames> {
  const turns = new Map<string, number>();
  const server = DNS.createUDPServer((request, send) => {
    const response = DNS.Packet.createResponseFromRequest(request);
    const [question] = request.questions;
    if (question === undefined) return;
    const { name, type } = question;
    const key = `${name.toLowerCase()} ${type}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    const answers = names[name.toLowerCase()];
    for (const address of answers?.[Math.min(turn, answers.length - 1)] ?? []) {
      if (address.includes(':') !== (type === AAAA)) continue;
      const resource = new DNS.Packet.Resource(name, type, DNS.Packet.CLASS.IN, 0);
      response.answers.push(Object.assign(resource, { address }));
    }
    void send(response);
  });
  server.on('error', () => {});
  void server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const resolver = new promises.Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  return {
    resolver,
    asked: (name) => turns.get(`${name} ${A}`) ?? 0,
    async [Symbol.asyncDispose]() {
      resolver.cancel();
      server.close();
      await once(server, 'close');
    },
  };
}
