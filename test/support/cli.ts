import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { INHERITED } from './inherited.ts';

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

export type Said = { readonly status: number | null; readonly stdout: string; readonly stderr: string };
export type CommandOptions = {
  /** The whole environment besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
};

/** The command line as a process that runs. */
export type Command = {
  readonly said: Said;
  /** Resolves when its stdout holds a text; throws at the deadline. */
  says(text: string | RegExp): Promise<void>;
  /** What it said, when it has ended. */
  readonly ended: Promise<Said>;
  signal(signal: NodeJS.Signals): void;
  /** Takes no more of its stdout. */
  closeStdout(): void;
};

/** Starts `qvara` with these arguments. */
export function startCommand(args: readonly string[], { env = {}, cwd, stdin = '' }: CommandOptions = {}): Command {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...INHERITED, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  const said = { status: null as number | null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  child.stdin.on('error', () => undefined).end(stdin);
  const ended = once(child, 'close').then(([status]) => Object.assign(said, { status }));
  return {
    said,
    async says(text) {
      const holds = () => (typeof text === 'string' ? said.stdout.includes(text) : text.test(said.stdout));
      await eventually(holds, {
        deadlineMs: 20_000,
        describe: () => `it says ${text}; it said ${JSON.stringify(said)}`,
      });
    },
    ended,
    signal: (signal) => void child.kill(signal),
    closeStdout: () => void child.stdout.destroy(),
  };
}

/** Runs `qvara` to its end. */
export async function runCommand(args: readonly string[], options?: CommandOptions): Promise<Said> {
  return await startCommand(args, options).ended;
}
