import { ask } from '../support/redis-server.ts';
import { BOTH, type Fault, MOMENT, nothing, type Scene, type Undo } from './fault.ts';
import type { RedisBox } from './servers.ts';
import { holding } from './slot.ts';

const REDIS = ['redis'] as const;

/** Stops or crashes PostgreSQL; what takes it back starts it on the same files. */
function postgres(end: 'stop' | 'SIGQUIT' | 'SIGKILL') {
  return async ({ world: { postgres: server } }: Scene): Promise<Undo> => {
    return await holding(server, async (free) => {
      await (end === 'stop' ? server.stop() : server.crash(end));
      return () => server.start().finally(free);
    });
  };
}

/** Does something to Redis while nobody else does; what takes it back starts it again. */
function redis(end: (server: RedisBox) => Promise<void>) {
  return async ({ world: { redis: server } }: Scene): Promise<Undo> => {
    if (server === null) return nothing;
    return await holding(server, async (free) => {
      await end(server);
      return () => server.start().finally(free);
    });
  };
}

export const SERVER_FAULTS: readonly Fault[] = [
  { name: 'PostgreSQL restarted fast', backends: BOTH, lastsMs: [0, 2_000], make: postgres('stop') },
  { name: 'PostgreSQL restarted immediate', backends: BOTH, lastsMs: [0, 2_000], make: postgres('SIGQUIT') },
  { name: 'PostgreSQL killed', backends: BOTH, lastsMs: MOMENT, make: postgres('SIGKILL') },
  {
    name: 'Redis FLUSHALL',
    backends: REDIS,
    lastsMs: MOMENT,
    async make({ world: { redis: server } }) {
      if (server === null) return nothing;
      await holding(server, async (free) => {
        await ask(server.port, (client) => client.flushall());
        free();
      });
      return nothing;
    },
  },
  {
    name: 'Redis killed, back with its file',
    backends: REDIS,
    lastsMs: [0, 1_000],
    make: redis((server) => server.kill()),
  },
  {
    name: 'Redis restarted empty',
    backends: REDIS,
    lastsMs: [0, 1_000],
    make: redis(async (server) => {
      await server.kill();
      await server.forget();
    }),
  },
  { name: 'Redis away for seconds', backends: REDIS, lastsMs: [2_000, 8_000], make: redis((server) => server.stop()) },
];
