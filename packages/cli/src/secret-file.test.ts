import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UsageError } from './exit-status.ts';
import { findKey } from './find-key.ts';
import { intoSecretFile } from './secret-file.ts';

const KEY = `qk_${'a'.repeat(43)}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qvara-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('what is shown once goes into a new file that only its owner can read', async () => {
  const path = join(folder, 'secret');
  const shown = await intoSecretFile(path, async () => ({ secret: 'whsec_x', shown: { id: 1 } }));
  expect([shown, readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([{ id: 1 }, 'whsec_x\n', 0o600]);
});

it('nothing is asked for when the file exists already, and it stays as it is', async () => {
  const path = join(folder, 'secret');
  writeFileSync(path, 'kept');
  let asked = false;
  const writing = intoSecretFile(path, async () => {
    asked = true;
    return { secret: '', shown: null };
  });
  await expect(writing).rejects.toThrow(UsageError);
  expect([asked, readFileSync(path, 'utf8')]).toEqual([false, 'kept']);
});

it('no empty file stays behind when the service refuses', async () => {
  const path = join(folder, 'secret');
  await expect(intoSecretFile(path, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(existsSync(path)).toBe(false);
});

it('a key comes from the file that was named, else from the environment', async () => {
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, ` ${KEY}\n`);
  expect(await findKey({ keyFile, key: 'ignored' })).toBe(KEY);
  expect(await findKey({ key: KEY })).toBe(KEY);
});

it('what is no key is not told', async () => {
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, 'hunter2');
  for (const source of [{ keyFile }, { key: 'hunter2' }]) {
    const error = await findKey(source).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).not.toMatch(/hunter2/);
  }
});
