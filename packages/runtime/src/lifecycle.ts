import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

const STOP_MS = 10_000;
/** A terminal signals the whole group and a parent passes the signal on: what comes at once is one wish. */
const SAME_WISH_MS = 1000;

export type Service = {
  readonly port?: number | undefined;
  /** Stops within the milliseconds given; the process ends when they are over. */
  stop(deadlineMs: number): Promise<void>;
};

/** What is used of `process`. */
export type Host = {
  on(event: string, listener: (argument: unknown) => void): unknown;
  exit(code: number): void;
  readonly send?: ((message: { ready: true; port?: number | undefined }) => unknown) | undefined;
  readonly stderr: { write(text: string): unknown };
};

export type RunOptions = {
  readonly name: string;
  readonly logger: Pick<Logger, 'info' | 'error' | 'fatal'>;
  readonly start: () => Promise<Service>;
  /** One deadline for the whole stop, in milliseconds. */
  readonly stopMs?: number;
  readonly host?: Host;
};

/**
 * Runs a service until SIGINT, SIGTERM or the loss of its parent stops it: exit status 0, or 1 when the stop overran or
 * something was not caught. A second signal, a second or more later, ends the process at once. Tells a parent process
 * when it is ready. Fulfils when the service has started or failed to (then the exit status is 1); never rejects.
 */
export async function runService(options: RunOptions): Promise<void> {
  const { name, logger, host = process as unknown as Host, stopMs = STOP_MS } = options;
  const starting = (async () => options.start())();
  let stoppingSince: number | undefined;
  let exitCode = 0;

  async function stop(reason: string): Promise<void> {
    if (stoppingSince !== undefined) return;
    stoppingSince = Date.now();
    logger.info({ reason }, `${name} stops`);
    const service = starting.then((started) => started.stop(stopMs));
    const outcome = await inTime(service, stopMs);
    if (outcome === 'overrun') logger.error(`${name} did not stop within ${stopMs} ms`);
    if (outcome instanceof Error) logger.error({ err: outcome }, `${name} failed while stopping`);
    host.exit(outcome === 'done' ? exitCode : 1);
  }

  function wish(signal: string): void {
    if (stoppingSince !== undefined && Date.now() - stoppingSince >= SAME_WISH_MS) host.exit(1);
    else void stop(signal);
  }

  function crash(error: unknown): void {
    exitCode = 1;
    logger.fatal({ err: error }, `${name} met an error that nobody caught`);
    void stop('an error that nobody caught');
  }

  host.on('SIGINT', () => wish('SIGINT'));
  host.on('SIGTERM', () => wish('SIGTERM'));
  host.on('disconnect', () => void stop('the parent process is gone'));
  host.on('uncaughtException', crash);
  host.on('unhandledRejection', crash);

  try {
    const { port } = await starting;
    logger.info({ port }, `${name} is ready`);
    host.send?.({ ready: true, port });
  } catch (error) {
    if (error instanceof ConfigError) host.stderr.write(`${name}: ${error.message}\n`);
    else logger.fatal({ err: error }, `${name} could not start`);
    host.exit(1);
  }
}

async function inTime(work: Promise<void>, ms: number): Promise<'done' | 'overrun' | Error> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'overrun'>((resolve) => {
    timer = setTimeout(resolve, ms, 'overrun');
  });
  const done = work.then(
    () => 'done' as const,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
