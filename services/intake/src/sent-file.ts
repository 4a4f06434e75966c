import type { IncomingMessage } from 'node:http';
import { MOST_BYTES } from '@qvara/contracts/imports';
import { malformedFile, Refusal, unsupported } from './refusal.ts';
import { unhurried } from './server.ts';

export const FILE_TYPES = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson' } as const;
export type FileFormat = (typeof FILE_TYPES)[keyof typeof FILE_TYPES];

/** Whoever goes on sending a file that is answered already is listened to for so long, so that he can read the answer. */
const LINGER_MS = 2_000;

const CLOSE = { Connection: 'close' };

/** A file on its way in. */
export type SentFile = {
  readonly format: FileFormat;
  /**
   * Its bytes as they come; to be read once. Throws `upload-stalled` when they do not come, `file-too-large`, and
   * `unavailable` when the service stops.
   */
  readonly bytes: AsyncIterable<Buffer>;
  /** Leaves a file that is not read to its end: what still comes of it is passed over, and not for long. */
  leave(): void;
};

type Limits = { readonly idleMs: number; readonly stopping: AbortSignal };

/** Opens the file in the body of a request; null where it has none. Throws `unsupported-media-type`, `file-too-large`. */
export function openFile(request: IncomingMessage, { idleMs, stopping }: Limits): SentFile | null {
  const format = formatOf(request.headers);
  const length = request.headers['content-length'] === undefined ? null : Number(request.headers['content-length']);
  if (length !== null && length > MOST_BYTES) throw tooManyBytes();
  const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;

  async function next(): Promise<Buffer | null> {
    const late = Promise.withResolvers<'late' | 'stopping'>();
    const timer = setTimeout(() => late.resolve('late'), idleMs);
    const stop = () => late.resolve('stopping');
    stopping.addEventListener('abort', stop);
    if (stopping.aborted) stop();
    try {
      const piece = await Promise.race([pieces.next(), late.promise]);
      if (piece === 'stopping') throw new Refusal('unavailable', 'The service is being restarted.', { headers: CLOSE });
      if (piece === 'late') throw stalledFor(idleMs);
      return piece.done ? null : piece.value;
    } finally {
      clearTimeout(timer);
      stopping.removeEventListener('abort', stop);
    }
  }

  async function* read(): AsyncGenerator<Buffer> {
    // A large file may take longer than any other request.
    unhurried.add(request.socket);
    request.once('end', () => unhurried.delete(request.socket));
    let size = 0;
    for (let piece = await next(); piece !== null; piece = await next()) {
      size += piece.length;
      if (size > MOST_BYTES) throw tooManyBytes();
      yield piece;
    }
  }

  return {
    format,
    bytes: read(),
    leave() {
      void pieces.return?.();
      request.resume();
      const cut = setTimeout(() => request.destroy(), LINGER_MS);
      request.once('close', () => clearTimeout(cut));
    },
  };
}

function formatOf(headers: IncomingMessage['headers']): FileFormat {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw unsupported('Content-Encoding', `must be absent, not ${encoding}`, 'Send the file as it is, uncompressed.');
  const given = headers['content-type'];
  const [, type = '', charset = 'utf-8'] = /^([\w/.+-]+) *(?:; *charset="?([\w-]+)"? *)?$/.exec(given ?? '') ?? [];
  const known = Object.entries(FILE_TYPES).find(([name]) => name === type.toLowerCase());
  if (known !== undefined && /^(utf-?8|us-ascii)$/i.test(charset)) return known[1];
  const names = Object.keys(FILE_TYPES).join(' or ');
  const words = given === undefined ? 'is required' : `must be ${names}, in UTF-8, not ${given}`;
  throw unsupported('Content-Type', words, `Send Content-Type: ${names}, and the file in UTF-8.`);
}

function stalledFor(ms: number): Refusal {
  const message = `no byte came for ${Math.round(ms / 1_000)} s`;
  const item = { pointer: '', code: 'stalled', message, remedy: 'Send the file again, without a pause.' };
  return new Refusal('upload-stalled', `The upload came to a stop: ${message}.`, { errors: [item], headers: CLOSE });
}

function tooManyBytes(): Refusal {
  return malformedFile('file-too-large', {
    code: 'too-large',
    message: `the file must have at most 1 GiB (${MOST_BYTES} bytes)`,
    remedy: 'Split the file.',
  });
}
