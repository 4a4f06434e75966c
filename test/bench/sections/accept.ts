import { measureAccept, measureAcceptRival } from '../accept.ts';
import type { Figure, Size } from '../figure.ts';
import { round } from '../figures.ts';
import { once } from '../once.ts';
import type { AcceptRivalName } from '../rivals/accept/config.ts';

const RIVALS: readonly { readonly name: AcceptRivalName; readonly goal: number }[] = [
  { name: 'bare', goal: 0.7 },
  { name: 'insert-add', goal: 1.5 },
  { name: 'plain-accept', goal: 4 },
];
const repeats = (quick: boolean) => ({ requests: quick ? 4_000 : 15_000, times: quick ? 1 : 5 });
const rivalOf = once((name: AcceptRivalName, quick) => measureAcceptRival(name, repeats(quick)));

/** Durable acceptance at 64 connections, beside what accepts less carefully. */
export async function accept({ backend, quick }: Size): Promise<Figure[]> {
  const product = await measureAccept(backend, repeats(quick));
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
