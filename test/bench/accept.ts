import type { BackendName } from '../support/stack.ts';
import { medianOf } from './figures.ts';
import { type Load, load } from './load.ts';
import type { AcceptRivalName } from './rivals/accept/config.ts';
import { startAcceptRival } from './rivals/accept/start.ts';
import { onSite } from './site.ts';

export type Acceptance = { readonly perSecond: number; readonly p50: number; readonly p99: number };
/** So many requests each time, after a warm-up of a quarter of them; the middle of the times counts. */
export type Repeats = { readonly requests: number; readonly times: number };

const CONNECTIONS = 64;
const NO_WORKERS = { intakes: 1, workers: 0 } as const;

/** How quickly intake accepts jobs, each with a key, while no worker takes anything from the machine. */
export async function measureAccept(backend: BackendName, repeats: Repeats): Promise<Acceptance> {
  return await onSite({ backend, ...NO_WORKERS }, async (site) => {
    const [key = ''] = await site.keys(1);
    return await repeat(repeats, { url: site.intakes[0]?.url ?? '', key });
  });
}

/** How quickly a rival does, on servers of the same kind. */
export async function measureAcceptRival(rival: AcceptRivalName, repeats: Repeats): Promise<Acceptance> {
  return await onSite({ backend: 'redis', intakes: 0, workers: 0 }, async ({ ledgerUrl, redisUrl }) => {
    const server = await startAcceptRival({ rival, ledgerUrl, redisUrl: redisUrl ?? '' });
    try {
      return await repeat(repeats, { url: server.url, key: 'none' });
    } finally {
      await server.stop();
    }
  });
}

async function repeat({ requests, times }: Repeats, target: { url: string; key: string }): Promise<Acceptance> {
  const plan = { ...target, connections: CONNECTIONS, keyed: true };
  await load({ ...plan, requests: Math.ceil(requests / 4) });
  const runs: Load[] = [];
  for (let n = 0; n < times; n++) runs.push(await load({ ...plan, requests }));
  return {
    perSecond: medianOf(runs, (run) => run.perSecond),
    p50: medianOf(runs, (run) => run.spread.p50),
    p99: medianOf(runs, (run) => run.spread.p99),
  };
}
