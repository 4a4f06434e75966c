import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '@qvara/standalone/free-port';
import { createSlot, type Slot, type SlotPlan, type Tell } from './slot.ts';

const LOOK_MS = 300;

type Crew = { readonly env: Record<string, string>; readonly intakes: number; readonly workers: number };

/** Starts so many services with this environment, and keeps them up. */
export async function startCrew(crew: Crew) {
  const closing = new AbortController();
  const remarks: string[] = [];
  const tell: Tell = (text) => void remarks.push(text);
  const plan = { env: crew.env, tell, closed: closing.signal };
  const ports = await Promise.all(Array.from({ length: crew.intakes }, () => findFreePort()));
  const intakes = ports.map((port, index) => place(plan, ['intake', index], { INTAKE_PORT: String(port) }));
  const workers = Array.from({ length: crew.workers }, (_, index) => place(plan, ['worker', index], {}));
  const slots = [...intakes, ...workers];
  await Promise.all(slots.map((slot) => slot.start()));
  const watching = watch(slots, plan);
  return {
    intakes,
    workers,
    intakeUrls: ports.map((port) => `http://127.0.0.1:${port}`),
    remarks,
    async close() {
      closing.abort();
      await watching;
      for (const slot of slots) slot.signal('SIGCONT');
      await Promise.all(slots.map((slot) => slot.stop('SIGTERM')));
    },
  };
}

type CrewPlan = Pick<SlotPlan, 'env' | 'tell' | 'closed'>;

function place(plan: CrewPlan, [service, index]: ['intake' | 'worker', number], more: Record<string, string>): Slot {
  return createSlot({ ...plan, name: `${service}-${index + 1}`, service, env: { ...plan.env, ...more } });
}

/** Does what a supervisor does: starts again what ended by itself, and says so. */
async function watch(slots: readonly Slot[], { tell, closed }: CrewPlan): Promise<void> {
  while (!closed.aborted) {
    for (const slot of slots) {
      if (slot.isTaken() || slot.isRunning()) continue;
      tell(`${slot.name} ended by itself: ${slot.log().trim().split('\n').at(-1)?.slice(0, 400)}`);
      const free = await slot.take();
      void slot.start().finally(free);
    }
    await delay(LOOK_MS);
  }
}
