import { setTimeout as delay } from 'node:timers/promises';
import { containerId, tenantNumber } from '@qvara/contracts/ids';
import type { Outcome, TenantKey, Verb } from './driver.ts';
import { failed } from './outcome.ts';
import { SandboxError, type Source } from './sandbox-connection.ts';
import { type Cue, takeCues } from './sandbox-playing.ts';

/** An item on its way, with what the scripts say about it. */
export type Order<I> = { readonly item: I; readonly cue: Cue };

export type Delivery<I, T> = Source & {
  readonly verb: Verb;
  /** Carries out orders that are due, scripted faults included; answers one outcome for each, in order. */
  readonly work: (orders: readonly Order<I>[]) => Promise<readonly Outcome<T>[]>;
};

/**
 * Brings items to `work`: malformed ones are sorted out, and items of slow containers wait on their own, without a
 * connection, while the others are worked on. One outcome for each item, in order.
 */
export async function deliver<I extends TenantKey, T>(
  items: readonly I[],
  delivery: Delivery<I, T>,
): Promise<readonly Outcome<T>[]> {
  const sendable = items.filter(isWellFormed);
  if (sendable.length === 0) return items.map(() => malformed);
  const outcomes = await orUnavailable(sendable, async () => {
    const cues = await takeCues(delivery, delivery.verb, sendable);
    const orders = sendable.flatMap((item, index) => ({ item, cue: cues[index] ?? { latencyMs: 0, fault: null } }));
    return workBySpeed(orders, delivery);
  });
  const answers = outcomes.values();
  return items.map((item) => (isWellFormed(item) && answers.next().value) || malformed);
}

async function workBySpeed<I, T>(
  orders: readonly Order<I>[],
  { work, signal }: Delivery<I, T>,
): Promise<readonly Outcome<T>[]> {
  const outcomes = new Map<Order<I>, Outcome<T>>();
  const bySpeed = Map.groupBy(orders, ({ cue }) => cue.latencyMs);
  const groups = [...bySpeed].map(async ([latencyMs, group]) => {
    const answers = await orUnavailable(group, async () => {
      if (latencyMs > 0) await delay(latencyMs, undefined, { signal }).catch(stopped);
      return work(group);
    });
    group.forEach((order, index) => {
      outcomes.set(order, answers[index] ?? malformed);
    });
  });
  await Promise.all(groups);
  return orders.map((order) => outcomes.get(order) ?? malformed);
}

async function orUnavailable<T>(
  items: readonly unknown[],
  attempt: () => Promise<readonly Outcome<T>[]>,
): Promise<readonly Outcome<T>[]> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return items.map(() => failed('platform-unavailable', error.message));
  }
}

const malformed = failed('platform-broken', 'The call names no valid container and tenant number.');

function isWellFormed(key: TenantKey): boolean {
  return containerId.safeParse(key.containerId).success && tenantNumber.safeParse(key.number).success;
}

function stopped(error: unknown): never {
  throw new SandboxError(error);
}
