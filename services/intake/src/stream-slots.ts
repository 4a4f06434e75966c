import { findLivingKeys } from '@qvara/store/clients';
import type { Ledger } from '@qvara/store/orm';
import { Refusal } from './refusal.ts';

const MOST_OF_A_KEY = 100;
const LOOK_MS = 2_000;

type Slot = {
  /** Aborted when its key was revoked. */
  readonly revoked: AbortSignal;
  close(): void;
};

/** The streams that are open, by the keys they were opened with. */
export type StreamSlots = {
  /** Takes a place. Throws `too-many-streams` when the key has too many. */
  open(keyId: string): Slot;
};

/** Watches over streams: those of a revoked key end within some seconds. It asks the ledger nothing while none is open. */
export function createStreamSlots(ledger: Ledger): StreamSlots {
  const open = new Map<string, Set<AbortController>>();
  let timer: NodeJS.Timeout | null = null;

  async function look(): Promise<void> {
    // Of a key that comes meanwhile nothing is said.
    const asked = [...open.keys()];
    const living = await findLivingKeys(ledger, asked);
    for (const keyId of asked) if (!living.has(keyId)) for (const slot of open.get(keyId) ?? []) slot.abort();
  }

  function schedule(): void {
    if (timer !== null || open.size === 0) return;
    // Without an answer nothing is known against a key; the next look will tell.
    timer = setTimeout(async () => {
      await look().catch(() => undefined);
      timer = null;
      schedule();
    }, LOOK_MS).unref();
  }

  return {
    open(keyId) {
      const slots = open.get(keyId) ?? new Set<AbortController>();
      if (slots.size >= MOST_OF_A_KEY) {
        const message = `This key has ${MOST_OF_A_KEY} streams open here.`;
        throw new Refusal('too-many-streams', message, { headers: { 'Retry-After': '10' } });
      }
      const slot = new AbortController();
      open.set(keyId, slots.add(slot));
      schedule();
      return {
        revoked: slot.signal,
        close() {
          slots.delete(slot);
          if (slots.size === 0 && open.get(keyId) === slots) open.delete(keyId);
        },
      };
    },
  };
}
