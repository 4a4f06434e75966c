import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Unpacks the first of `names` that the distribution (Debian, Ubuntu) offers into `folder`, with the libraries the
 * machine lacks. Installs nothing and needs no root: apt-get works on folders of its own.
 */
export async function unpackRedis(folder: string, names: string[]): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'qvara-apt-'));
  try {
    const archives = await download(work, names);
    const unpacked = join(work, 'unpacked');
    for (const archive of archives) await run('dpkg', ['-x', archive, unpacked]);
    await mkdir(dirname(folder), { recursive: true });
    // Whole or not at all, also when another run does the same.
    const unfinished = `${folder}.${process.pid}`;
    await run('cp', ['-a', unpacked, unfinished]);
    await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true }));
  } catch (cause) {
    throw new Error(
      'The tests need a real Redis and there is none on the PATH, nor could one be unpacked from a Debian package. ' +
        'Install it (Debian: apt-get install redis-server; macOS: brew install redis) and run them again. ' +
        `Reason: ${(cause as Error).message.trim()}`,
      { cause },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work: string, names: string[]): Promise<string[]> {
  const archives = join(work, 'cache/archives');
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(join(work, 'state/lists/partial'), { recursive: true });
  const own = {
    'Dir::State': join(work, 'state'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': join(work, 'cache'),
    'Debug::NoLocking': '1',
  };
  const options = ['-q', '-y', ...Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
  await run('apt-get', [...options, 'update']);
  const problems: Error[] = [];
  for (const name of names) {
    // Brings only the libraries the machine lacks; the rest it takes from the machine.
    const found = await run('apt-get', [
      ...options,
      '--no-install-recommends',
      '--download-only',
      'install',
      name,
    ]).then(
      () => true,
      (problem: Error) => void problems.push(problem),
    );
    if (found)
      return (await readdir(archives)).filter((file) => file.endsWith('.deb')).map((file) => join(archives, file));
  }
  throw problems[0];
}
