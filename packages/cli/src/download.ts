import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { UsageError } from './exit-status.ts';

/** A file that broke off on its way here. */
export class BrokenOffError extends Error {}

/** The bytes as they come. Throws BrokenOffError where they end too early. */
export async function* whole(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new BrokenOffError('The file broke off on its way here', { cause });
  }
}

/**
 * Writes a file, which is there when all of it is. Throws UsageError where it cannot be written, and whatever ends the
 * bytes too early.
 */
export async function writeWhole(bytes: AsyncIterable<Uint8Array>, to: string, signal: AbortSignal): Promise<void> {
  try {
    await writeBeside(bytes, to, signal);
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined || signal.aborted) throw error;
    throw new UsageError(`${to} cannot be written: ${message}`);
  }
}

async function writeBeside(bytes: AsyncIterable<Uint8Array>, to: string, signal: AbortSignal): Promise<void> {
  const present = await stat(to).catch(() => null);
  // A device or a pipe is written to, and stays what it is.
  if (present !== null && !present.isFile()) return await pipeline(bytes, createWriteStream(to), { signal });
  const path = present === null ? to : await realpath(to);
  const beside = `${path}.${randomUUID()}.part`;
  try {
    await pipeline(bytes, createWriteStream(beside, { flags: 'wx' }), { signal });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
