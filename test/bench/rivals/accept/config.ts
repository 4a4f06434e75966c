import type { Numbering } from '../provisioner.ts';

export const ACCEPT_RIVALS = ['bare', 'insert-add', 'plain-accept'] as const;
export type AcceptRivalName = (typeof ACCEPT_RIVALS)[number];

/** What an accept rival takes from its environment. */
export type AcceptConfig = {
  readonly rival: AcceptRivalName;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Keeps its queue apart from others on the same Redis. */
  readonly prefix: string;
  readonly connections: number;
  readonly numbering: Numbering;
};

const CONNECTIONS = 32;

/** Reads the settings. Throws when one is missing. */
export function loadAcceptConfig(env: Readonly<Record<string, string | undefined>>): AcceptConfig {
  const { RIVAL, DATABASE_URL, REDIS_URL, QUEUE_PREFIX = 'rivals', POOL_SIZE, NUMBERING } = env;
  const rival = ACCEPT_RIVALS.find((name) => name === RIVAL);
  if (rival === undefined || DATABASE_URL === undefined || REDIS_URL === undefined)
    throw new Error(`RIVAL (${ACCEPT_RIVALS.join(', ')}), DATABASE_URL and REDIS_URL are needed`);
  return {
    rival,
    databaseUrl: DATABASE_URL,
    redisUrl: REDIS_URL,
    prefix: QUEUE_PREFIX,
    connections: Number(POOL_SIZE ?? CONNECTIONS),
    numbering: NUMBERING === 'sequence' ? 'sequence' : 'dense',
  };
}
