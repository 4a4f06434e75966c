import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '@qvara/standalone/free-port';
import { eventually } from './eventually.ts';
import { INHERITED } from './inherited.ts';

const PAGE = new URL('../../docs/events.md', import.meta.url);
const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));

type Handled = { readonly id: number; readonly job: string | null; readonly number: number | null };

/** The consumer that docs/events.md shows, as a process with a folder of its own. */
export type DocumentedConsumer = {
  readonly url: string;
  /** Every event it said it handles, in its order, over all its lives. */
  readonly said: Handled[];
  /** What it has written down as handled. */
  written(): Handled[];
  start(secret: string): Promise<void>;
  kill(): Promise<void>;
  close(): Promise<void>;
};

/** Takes the code out of the page; it is started by `start`, with a secret. */
export async function documentedConsumer(env: Readonly<Record<string, string>>): Promise<DocumentedConsumer> {
  const [, code] = /```js\n(.*?)```/s.exec(await readFile(PAGE, 'utf8')) ?? [];
  if (code === undefined) throw new Error('docs/events.md shows no consumer');
  const folder = await mkdtemp(join(tmpdir(), 'qvara-consumer-'));
  await writeFile(join(folder, 'consumer.mjs'), code);
  await symlink(MODULES, join(folder, 'node_modules'));
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}/`;
  const said: Handled[] = [];
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  return {
    url,
    said,
    written() {
      const db = new DatabaseSync(join(folder, 'events.db'), { readOnly: true, timeout: 5_000 });
      try {
        return db.prepare('select id, job, number from handled where id > 0').all() as Handled[];
      } finally {
        db.close();
      }
    },
    async start(secret) {
      const own = { ...INHERITED, ...env, WEBHOOK_SECRET: secret, PORT: String(port) };
      child = spawn(process.execPath, ['consumer.mjs'], {
        cwd: folder,
        env: own,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const [id, , job, number] = line.split(' ');
        said.push({ id: Number(id), job: job === 'null' ? null : String(job), number: Number(number) });
      });
      await eventually(async () => (await fetch(url, { method: 'POST' })).status === 401, {
        describe: 'the consumer to listen',
      });
    },
    kill,
    async close() {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}
