import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ServiceProcess, startService } from '../support/processes.ts';

const RETRY_MS = 500;
const preload = fileURLToPath(new URL('./preload.ts', import.meta.url));

/** Tells what happened to a process. */
export type Tell = (text: string) => void;

/** The place of one process: what runs there may be replaced. */
export type Slot = {
  readonly name: string;
  readonly pid: () => number | null;
  readonly isRunning: () => boolean;
  /** Waits until nobody else disturbs this place; answers what gives it free again. */
  readonly take: () => Promise<() => void>;
  readonly isTaken: () => boolean;
  /** Starts the process, again and again until it comes up or everything is closed. */
  readonly start: (env?: Record<string, string>) => Promise<void>;
  /** Ends it and tells whether that was in order; SIGKILL leaves no choice. */
  readonly stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** What every process that ever ran here has written. */
  readonly log: () => string;
};

export type SlotPlan = {
  readonly name: string;
  readonly service: 'intake' | 'worker';
  readonly env: Record<string, string>;
  readonly tell: Tell;
  readonly closed: AbortSignal;
};

/** Makes a place with nothing running in it. */
export function createSlot({ name, service, env, tell, closed }: SlotPlan): Slot {
  let process_: ServiceProcess | null = null;
  let starting: Promise<void> | null = null;
  const ended: string[] = [];
  const lock = createLock();

  function isRunning(): boolean {
    return process_ !== null && isAlive(process_.pid);
  }

  function bury(): void {
    if (process_ !== null) ended.push(process_.log());
    process_ = null;
  }

  async function startOne(more: Record<string, string>): Promise<void> {
    while (!closed.aborted && !isRunning()) {
      bury();
      const options = { env: { ...env, ...more }, nodeOptions: ['--import', preload] };
      process_ = await startService(service, options).catch(() => null);
      if (process_ === null) await delay(RETRY_MS);
    }
  }

  // However this process ends, also while a service stands still: nothing stays behind.
  process.on('exit', () => process_?.signal('SIGKILL'));

  return {
    name,
    pid: () => process_?.pid ?? null,
    isRunning,
    take: lock.take,
    isTaken: lock.isTaken,
    start(more = {}) {
      // Whoever else wants it started meanwhile: two processes would quarrel over one port for ever.
      starting ??= startOne(more).finally(() => {
        starting = null;
      });
      return starting;
    },
    async stop(signal) {
      if (process_ === null) return;
      const startedMs = performance.now();
      const status = await process_.stop(signal).catch((error: Error) => error.message.split('\n')[0]);
      const took = Math.round(performance.now() - startedMs);
      if (signal === 'SIGTERM' && status !== 0) tell(`${name} did not stop in order: ${status} after ${took} ms`);
      bury();
    },
    signal: (signal) => process_?.signal(signal),
    log: () => [...ended, process_?.log() ?? ''].join('\n--- the next process ---\n'),
  };
}

/** Takes a place to do something to it; what `work` is given frees it. When it fails the place is free at once. */
export async function holding<T>(place: Pick<Slot, 'take'>, work: (free: () => void) => Promise<T>): Promise<T> {
  const free = await place.take();
  try {
    return await work(free);
  } catch (error) {
    free();
    throw error;
  }
}

/** One at a time, in the order of asking. */
export function createLock(): { take(): Promise<() => void>; isTaken(): boolean } {
  let tail: Promise<void> = Promise.resolve();
  let taken = 0;
  return {
    isTaken: () => taken > 0,
    async take() {
      const before = tail;
      const { promise, resolve } = Promise.withResolvers<void>();
      tail = promise;
      taken += 1;
      await before;
      return () => {
        taken -= 1;
        resolve();
      };
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
