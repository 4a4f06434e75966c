import { setTimeout as delay } from 'node:timers/promises';
import type { ImportAnswer } from '@qvara/contracts/imports';
import type { Caller } from './caller.ts';
import type { Chance } from './chance.ts';

/** A file that was taken: of each hundred rows some are bad, so that they must fail. */
export type SentImport = { readonly id: string; readonly rows: number; readonly bad: readonly number[] };

/** Whoever imports: sends files, and now and then pauses one, lets it go on, or cancels it. */
export type Importer = {
  readonly sent: readonly SentImport[];
  /** Totals that did not add up when they were read, whenever that was. */
  readonly wrong: readonly string[];
  /** Sends files until the signal; resolves when all are answered. */
  work(over: AbortSignal): Promise<void>;
  /** Lets all go on that stand still, tries again what has failed, and waits for their ends. Whether they came in time. */
  settle(): Promise<boolean>;
};

const EVERY_MS = [4_000, 9_000] as const;
const ROWS = [20, 200] as const;
const BAD = 0.03;
/** Of their own, so that files take no seats from those who post. */
export const IMPORT_REGION = 'south';
/** An upload that was broken off may be taken over after two minutes. */
const TAKEN_OVER_MS = 150_000;
const HEADER = 'Name,Service type,Industry,External ref,Region,Time zone';
const DEADLINE_MS = 150_000;
const LOOK_MS = 500;
const ENDS: ReadonlySet<string> = new Set(['completed', 'completed-with-failures', 'cancelled']);

/** An importer that calls as one client; nothing is sent yet. */
export function createImporter(caller: Caller, chance: Chance): Importer {
  const sent: SentImport[] = [];
  const wrong: string[] = [];
  const retried = new Set<string>();
  let count = 0;

  async function send(): Promise<string | null> {
    const name = `file-${count++}`;
    const { text, bad, rows } = fileOf(chance, name);
    const request = {
      method: 'POST',
      path: '/v1/imports?type=customer.provision&errorBudget=60%25',
      key: name,
    } as const;
    const until = performance.now() + TAKEN_OVER_MS;
    let answer = await caller.insist({ ...request, csv: text });
    while (answer.status === 409 && performance.now() < until) {
      await delay(LOOK_MS);
      answer = await caller.insist({ ...request, csv: text });
    }
    const { status, body } = answer;
    if (status !== 202) return null;
    const { id } = body as ImportAnswer;
    sent.push({ id, rows, bad });
    return id;
  }

  const act = (id: string, action: string) => caller.insist({ method: 'POST', path: `/v1/imports/${id}/${action}` });

  async function read(id: string): Promise<ImportAnswer | null> {
    const { status, body } = await caller.insist({ method: 'GET', path: `/v1/imports/${id}` });
    if (status !== 200) return null;
    const answer = body as ImportAnswer;
    const { rows, pending, running, done, failed, skipped } = answer.totals;
    if (pending + running + done + failed + skipped !== rows) wrong.push(`${id} ${JSON.stringify(answer.totals)}`);
    return answer;
  }

  async function disturb(id: string): Promise<void> {
    await delay(chance.between(200, 4_000));
    if (chance.yes(0.1)) return void (await act(id, 'cancel'));
    await act(id, 'pause');
    await read(id);
    await delay(chance.between(200, 2_000));
    await act(id, 'resume');
  }

  /** One look at an import that is to come to its end. */
  async function pushOn(id: string): Promise<boolean> {
    const answer = await read(id);
    if (answer === null) return false;
    if (answer.state === 'paused') await act(id, 'resume');
    if (!ENDS.has(answer.state)) return false;
    if (answer.state !== 'completed-with-failures' || retried.has(id)) return true;
    const { status } = await act(id, 'retry');
    if (status === 202 || status === 409) retried.add(id);
    return false;
  }

  return {
    sent,
    wrong,
    async work(over) {
      const underWay = new Set<Promise<void>>();
      while (!over.aborted) {
        const id = await send();
        if (id !== null && chance.yes(0.3)) underWay.add(disturb(id));
        await delay(chance.between(...EVERY_MS), undefined, { signal: over }).catch(() => undefined);
        if (id !== null) await read(id);
      }
      await Promise.all(underWay);
    },
    async settle() {
      const deadline = performance.now() + DEADLINE_MS;
      const open = new Set(sent.map(({ id }) => id));
      while (open.size > 0) {
        if (performance.now() > deadline) return false;
        for (const id of open) if (await pushOn(id)) open.delete(id);
        await delay(LOOK_MS);
      }
      return true;
    },
  };
}

function fileOf(
  chance: Chance,
  name: string,
): { readonly text: string; readonly bad: number[]; readonly rows: number } {
  const rows = chance.between(...ROWS);
  const bad: number[] = [];
  const lines = Array.from({ length: rows }, (_, n) => {
    const isBad = chance.yes(BAD);
    if (isBad) bad.push(n + 1);
    const zone = isBad ? 'Mars/Olympus' : 'Europe/Zurich';
    return `Imported ${n},hosted-pbx,dental,${name}-${n},${IMPORT_REGION},${zone}`;
  });
  return { text: [HEADER, ...lines, ''].join('\n'), bad, rows };
}
