import type { Ledger } from '@qvara/store/orm';
import { sqlOn } from '@qvara/store/sql';
import { beat, type WorkerRef } from '@qvara/store/workers';

const EVERY_MS = 1_000;

export type Heartbeat = {
  /** A claim is held from now until the function that is answered is called. */
  hold(): () => void;
  stop(): void;
};

/** Says every second that this worker lives, while it holds claims. */
export function createHeartbeat(ledger: Ledger, worker: WorkerRef): Heartbeat {
  let held = 0;
  let timer: NodeJS.Timeout | null = null;

  function tick(): void {
    // A beat that fails is followed by others; the lease is several beats long.
    beat(sqlOn(ledger.pool), [worker]).catch(() => undefined);
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  return {
    hold() {
      held += 1;
      timer ??= setInterval(tick, EVERY_MS);
      return () => {
        held -= 1;
        if (held === 0) stop();
      };
    },
    stop,
  };
}
