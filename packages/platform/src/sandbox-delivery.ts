import { addAbortListener } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { containerId, tenantNumber } from '@qvara/contracts/ids';
import type { Outcome, TenantKey, Verb } from './driver.ts';
import { failed } from './outcome.ts';
import { SandboxError } from './sandbox-connection.ts';
import type { Cue, Scene } from './sandbox-playing.ts';
import { placeOf } from './sandbox-tenants.ts';

/** An item on its way, with what the scripts say about it. Nobody waits for it any more when `signal` is aborted. */
export type Order<I> = { readonly item: I; readonly cue: Cue; readonly signal: AbortSignal };

export type Delivery<I, T> = {
  readonly verb: Verb;
  readonly signal: AbortSignal;
  readonly cueOf: (scene: Scene) => Promise<Cue>;
  /** Carries out an order that is due, scripted faults included. */
  readonly carryOut: (order: Order<I>) => Promise<Outcome<T>>;
};

/**
 * Carries items out: malformed ones are sorted out, and items of slow containers wait on their own, without a
 * connection, while the others are worked on. One outcome for each item, in order.
 */
export async function deliver<I extends TenantKey, T>(
  items: readonly I[],
  delivery: Delivery<I, T>,
): Promise<readonly Outcome<T>[]> {
  const outcomes: Outcome<T>[] = items.map(() => interrupted);
  if (delivery.signal.aborted) return outcomes;
  const last = new Map<string, Promise<void>>();
  const all = items.map((item, index) => {
    const before = last.get(placeOf(item));
    const work = async () => {
      await before;
      outcomes[index] = isWellFormed(item) ? await bring(item, delivery) : malformed;
    };
    const own = work();
    // Calls for one tenant follow each other.
    last.set(placeOf(item), own);
    return own;
  });
  await untilAborted(Promise.all(all), delivery.signal);
  return [...outcomes];
}

async function bring<I extends TenantKey, T>(
  item: I,
  { verb, signal, cueOf, carryOut }: Delivery<I, T>,
): Promise<Outcome<T>> {
  try {
    const cue = await cueOf({ verb, containerId: item.containerId });
    if (cue.latencyMs > 0) await delay(cue.latencyMs, undefined, { signal }).catch(stopped);
    return await carryOut({ item, cue, signal });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return failed('platform-unavailable', error.message);
  }
}

async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _abort = addAbortListener(signal, () => resolve());
  await Promise.race([work, promise]);
}

const interrupted = failed('platform-unavailable', 'Nobody waited for the sandbox any longer.');
const malformed = failed('platform-broken', 'The call names no valid container and tenant number.');

function isWellFormed(key: TenantKey): boolean {
  return containerId.safeParse(key.containerId).success && tenantNumber.safeParse(key.number).success;
}

function stopped(error: unknown): never {
  throw new SandboxError(error);
}
