import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { complaintOf } from './complaint.ts';
import { whole, writeWhole } from './download.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qvara-download-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

async function* bytes(breaks: boolean): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one,two\n');
  if (breaks) throw new TypeError('terminated');
}

const statusOf = async (work: Promise<unknown>) => {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  const { status, text } = complaintOf(error, signal);
  return [status, text];
};

it('a file that breaks off is told as unavailable, and what was there stays', async () => {
  const to = join(folder, 'results.csv');
  writeFileSync(to, 'before');
  const told = await statusOf(writeWhole(whole(bytes(true), signal), to, signal));
  expect(told).toEqual([4, 'The file broke off on its way here. Get it again.']);
  expect([readFileSync(to, 'utf8'), readdirSync(folder)]).toEqual(['before', ['results.csv']]);
  await writeWhole(whole(bytes(false), signal), to, signal);
  expect([readFileSync(to, 'utf8'), readdirSync(folder)]).toEqual(['one,two\n', ['results.csv']]);
});

it('a folder that is not there is an error of whoever typed it', async () => {
  const [status, text] = await statusOf(writeWhole(bytes(false), join(folder, 'none', 'results.csv'), signal));
  expect([status, text]).toEqual([2, expect.stringContaining('cannot be written: ENOENT')]);
});

it('what is no file is written to, and stays what it is', async () => {
  const to = join(folder, 'linked.csv');
  symlinkSync('/dev/null', to);
  await writeWhole(bytes(false), to, signal);
  expect([statSync(to).isCharacterDevice(), lstatSync(to).isSymbolicLink()]).toEqual([true, true]);
});
