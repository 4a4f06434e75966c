import { type Client, createClient } from '@qvara/client/client';
import { UsageError } from './exit-status.ts';
import { findKey } from './find-key.ts';
import { createOutput, type Output } from './output.ts';
import { createProgress, NO_PROGRESS, type Progress } from './progress.ts';

export const DEFAULT_URL = 'http://127.0.0.1:4000';

/** What the process gives a command. */
export type Ground = {
  readonly url: string | undefined;
  readonly key: string | undefined;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
};

/** What a command works with. */
export type Session = {
  readonly client: Client;
  readonly out: Output;
  readonly signal: AbortSignal;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  progress(): Progress;
  /** What was asked for was done, and has ended badly: the exit status says so. */
  endBadly(): void;
};

/** Options that every command takes. */
export type Globals = { json?: boolean; url?: string; keyFile?: string };
/** Begins the work of a command, with the options it was given. Throws UsageError. */
export type Open = (command: { optsWithGlobals(): object }) => Promise<Session>;

/** A person waits: so long a service that is not there is asked again. */
const PATIENCE = { attempts: 4, baseMs: 300, capMs: 2_000 };

/** Opens sessions; `endBadly` is told when one ends so. */
export function opener(ground: Ground, endBadly: () => void): Open {
  return async (command) => {
    const { json = false, url = ground.url ?? DEFAULT_URL, keyFile }: Globals = command.optsWithGlobals();
    const out = createOutput(json, ground);
    const key = await findKey({ keyFile, key: ground.key });
    return {
      client: connect(url, key, out),
      out,
      signal: ground.signal,
      stdin: ground.stdin,
      stdout: ground.stdout,
      progress: () => (json ? NO_PROGRESS : createProgress(ground.stderr)),
      endBadly,
    };
  };
}

function connect(url: string, key: string, out: Output): Client {
  try {
    return createClient({
      url,
      key,
      retry: PATIENCE,
      onRetry: ({ error, waitMs }) => out.note(`${error.message}; trying again in ${(waitMs / 1000).toFixed(1)} s`),
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
