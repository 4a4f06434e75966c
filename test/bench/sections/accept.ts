import { measureAccept, measureAcceptRival, type Repeats } from '../accept.ts';
import type { Figure, Size } from '../figure.ts';
import { round } from '../figures.ts';
import { once } from '../once.ts';
import type { AcceptRivalName } from '../rivals/accept/config.ts';

type Requests = readonly [whole: number, quick: number];
type Rival = { readonly name: AcceptRivalName; readonly goal: number; readonly requests: Requests };

const REQUESTS: Requests = [15_000, 4_000];
/** With the ratio to reach; a slow one is asked less often, so that it takes no longer than the others. */
const RIVALS: readonly Rival[] = [
  { name: 'bare', goal: 0.7, requests: REQUESTS },
  { name: 'insert-add', goal: 1.5, requests: REQUESTS },
  { name: 'plain-accept', goal: 4, requests: [3_000, 1_500] },
];
const rivalOf = once((name: AcceptRivalName, quick) => {
  const requests = RIVALS.find((rival) => rival.name === name)?.requests ?? REQUESTS;
  return measureAcceptRival(name, repeats(quick, requests));
});

function repeats(quick: boolean, [whole, fraction]: Requests): Repeats {
  return quick ? { requests: fraction, times: 1 } : { requests: whole, times: 5 };
}

/** Durable acceptance at 64 connections, beside what accepts less carefully. */
export async function accept({ backend, quick }: Size): Promise<Figure[]> {
  const product = await measureAccept(backend, repeats(quick, REQUESTS));
  const bare = await rivalOf('bare', quick);
  const figures: Figure[] = [
    { name: 'accepted', value: product.perSecond, unit: 'requests/s' },
    { name: 'p50', value: product.p50, unit: 'ms' },
    { name: 'p99', value: product.p99, unit: 'ms', goal: { atMost: bare.p99 } },
  ];
  for (const { name, goal } of RIVALS) {
    const rival = await rivalOf(name, quick);
    figures.push({ name, value: rival.perSecond, unit: 'requests/s' });
    figures.push({ name: `${name}, p99`, value: rival.p99, unit: 'ms' });
    const value = round(product.perSecond / rival.perSecond);
    figures.push({ name: `against ${name}`, value, unit: 'x', goal: { atLeast: goal } });
  }
  return figures;
}
