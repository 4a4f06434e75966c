import { setTimeout as delay } from 'node:timers/promises';
import type { Caller, Request } from './caller.ts';
import type { Chance } from './chance.ts';
import type { LoadLog } from './load-log.ts';
import { type Body, change, provision } from './requests.ts';

type Posted = { readonly key: string; readonly body: Body };
type Means = { readonly name: string; readonly caller: Caller; readonly chance: Chance; readonly log: LoadLog };

/** Calls of one client under way at most; the rest of the rate is lost, as with a client that waits. */
const MOST_AT_ONCE = 40;
const RECENT = 6;
const BURST = 20;

/** One upstream system: posts at random, about `everyMs` apart, until the signal; resolves when all is answered. */
export async function runClient(means: Means, everyMs: number, over: AbortSignal): Promise<void> {
  const { chance } = means;
  const underWay = new Set<Promise<void>>();
  const acts = createActs(means);
  while (!over.aborted) {
    const { act } = choose(chance, acts);
    if (underWay.size < MOST_AT_ONCE) {
      const work = act().finally(() => underWay.delete(work));
      underWay.add(work);
    }
    await delay(Math.round(everyMs * (0.5 + chance.number())), undefined, { signal: over }).catch(() => undefined);
  }
  await Promise.all(underWay);
}

type Act = { readonly parts: number; readonly act: () => Promise<void> };

function choose(chance: Chance, acts: readonly Act[]): Act {
  return chance.pick(acts.flatMap((act) => Array<Act>(act.parts).fill(act)));
}

function createActs({ name, caller, chance, log }: Means): readonly Act[] {
  const posted: Posted[] = [];
  const customers: string[] = [];
  const refs: string[] = [];
  const jobs: string[] = [];
  let count = 0;

  const recent = <T>(items: readonly T[]) => (chance.yes(0.6) ? chance.pick(items.slice(-RECENT)) : chance.pick(items));

  async function send({ key, body }: Posted): Promise<void> {
    const { status, body: job } = await caller.insist({ method: 'POST', path: '/v1/jobs', body, key });
    if (status !== 202) return;
    const { id: jobId, customerId, type } = job as { id: string; customerId: string; type: string };
    log.accept({ key: `${name} ${key}`, jobId, type });
    jobs.push(jobId);
    if (type === 'customer.provision') customers.push(customerId);
  }

  async function post(body: Body): Promise<void> {
    count += 1;
    const entry = { key: `${name}-${count}`, body };
    posted.push(entry);
    // Now and then the same request is sent several times at once, as by a client that lost its temper.
    await Promise.all(Array.from({ length: chance.yes(0.08) ? 3 : 1 }, () => send(entry)));
  }

  async function postProvision(): Promise<void> {
    const again = refs.length > 0 && chance.yes(0.15);
    const ref = again ? recent(refs) : chance.yes(0.5) ? `${name}-ref-${refs.length}` : undefined;
    if (ref !== undefined && !again) refs.push(ref);
    await post(provision(chance, ref));
  }

  async function postChange(): Promise<void> {
    if (customers.length === 0) return await postProvision();
    const byRef = refs.length > 0 && chance.yes(0.2);
    await post(change(chance, byRef ? { customerRef: recent(refs) } : { customerId: recent(customers) }));
  }

  const touch = (request: Request) => caller.insist(request).then(() => undefined);

  return [
    { parts: 30, act: postProvision },
    { parts: 50, act: postChange },
    // A batch of orders that came overnight.
    { parts: 1, act: async () => void (await Promise.all(Array.from({ length: BURST }, postProvision))) },
    { parts: 8, act: async () => (posted.length > 0 ? await send(chance.pick(posted)) : undefined) },
    {
      parts: 5,
      act: async () => {
        if (jobs.length > 0) await touch({ method: 'POST', path: `/v1/jobs/${recent(jobs)}/cancel` });
      },
    },
    {
      parts: 6,
      act: async () => {
        const { body } = await caller.call({ method: 'GET', path: '/v1/jobs?state=failed&limit=50' });
        const failed = (body.items ?? []) as { id: string }[];
        if (failed.length > 0) await touch({ method: 'POST', path: `/v1/jobs/${chance.pick(failed).id}/retry` });
      },
    },
  ];
}
