import type { BackendName } from '../support/stack.ts';
import { openCaller } from './caller.ts';
import { type Spread, spreadOf } from './figures.ts';
import { PROVISIONERS } from './rivals/provisioners.ts';
import { addSeats, onSite } from './site.ts';
import { PER_SECOND, steadily } from './steady.ts';

const WARM_UP_S = 5;
const CONNECTIONS = 32;

/** From POST to active, in milliseconds, for a client that asks for twenty a second of an otherwise idle system. */
export async function measureLatency(backend: BackendName, seconds: number): Promise<Spread> {
  return await onSite({ backend }, async (site) => {
    const [key = ''] = await site.keys(1);
    await addSeats(site, (WARM_UP_S + seconds) * PER_SECOND);
    const caller = openCaller(site.intakes[0]?.url ?? '', key, CONNECTIONS);
    await steadily(caller, WARM_UP_S);
    const spread = spreadOf(await steadily(caller, seconds));
    await caller.close();
    return spread;
  });
}

/** The same commits and driver calls made one after the other, each as soon as the one before it is done. */
export async function measureByHand(customers: number): Promise<Spread> {
  return await onSite({ backend: 'redis', intakes: 0, workers: 0 }, async (site) => {
    const rival = await PROVISIONERS['by-hand'](site);
    try {
      for (const count of [Math.ceil(customers / 4), customers]) {
        await rival.accept(count);
        if (count < customers) await rival.run();
      }
      return (await rival.run()).spread;
    } finally {
      await rival.close();
    }
  });
}
