import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import type { FileFormat, ImportFile } from '@qvara/client/import-uploads';
import { UsageError } from './exit-status.ts';
import type { Session } from './session.ts';

const FORMATS: Readonly<Record<string, FileFormat>> = { csv: 'csv', ndjson: 'ndjson', jsonl: 'ndjson' };
const MIB = 1024 * 1024;

/** The format that a file's name tells. Throws UsageError when it tells none. */
export function formatOf(path: string): FileFormat {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const format = Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined;
  if (format !== undefined) return format;
  throw new UsageError(`${path} does not tell its format: name it by --format csv or --format ndjson.`);
}

/** A file of rows as it is sent, `-` for stdin, with a bar that shows how much of it has left. Throws UsageError. */
export async function openFile(session: Session, path: string, format = formatOf(path)): Promise<ImportFile> {
  if (path === '-') return { format, body: streamOf(session.stdin) };
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code}).`);
  });
  if (!found.isFile()) throw new UsageError(`${path} is not a file.`);
  return { format, body: () => streamOf(watched(session, path, found.size)) };
}

function watched(session: Session, path: string, size: number): Readable {
  const progress = session.progress();
  const total = Math.ceil(size / MIB);
  let sent = 0;
  const counted = new Transform({
    transform(piece: Buffer, _, done) {
      sent += piece.length;
      progress.show({ done: Math.floor(sent / MIB), total, words: 'MiB sent' });
      done(null, piece);
    },
    destroy(error, done) {
      progress.stop();
      done(error);
    },
  });
  const source = createReadStream(path, { signal: session.signal });
  source.once('error', (error) => counted.destroy(error));
  return source.pipe(counted);
}

function streamOf(readable: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(readable) as ReadableStream<Uint8Array>;
}
