import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { INHERITED } from '../../../support/inherited.ts';
import type { Numbering } from '../provisioner.ts';
import type { AcceptRivalName } from './config.ts';

export type AcceptPlan = {
  readonly rival: AcceptRivalName;
  readonly ledgerUrl: string;
  readonly redisUrl: string;
  readonly prefix?: string;
  /** Connections to the ledger. Default: 32. */
  readonly connections?: number;
  readonly numbering?: Numbering;
};
export type AcceptServer = {
  readonly name: AcceptRivalName;
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
};

/** Starts an accept rival as a process of its own, which ends with this one. Throws when it does not come up. */
export async function startAcceptRival(plan: AcceptPlan): Promise<AcceptServer> {
  const { rival, ledgerUrl, redisUrl, prefix, connections, numbering } = plan;
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const env = {
    ...INHERITED,
    RIVAL: rival,
    DATABASE_URL: ledgerUrl,
    REDIS_URL: redisUrl,
    ...(prefix !== undefined && { QUEUE_PREFIX: prefix }),
    ...(connections !== undefined && { POOL_SIZE: String(connections) }),
    ...(numbering !== undefined && { NUMBERING: numbering }),
  };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'close');
  const told = await Promise.race([once(child, 'message'), ended.then(() => [])]);
  const [ready] = told as [{ readonly port: number }?];
  if (ready === undefined) throw new Error(`${rival} did not come up`);
  return {
    name: rival,
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${ready.port}`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
