import { isUtf8 } from 'node:buffer';
import { malformedFile } from './refusal.ts';

type Look = { readonly begins: readonly number[]; readonly words: string; readonly remedy: string };

const SAVE = 'Save it as CSV in UTF-8 and send that.';
/** What is no text, known by how it begins. */
const LOOKS: readonly Look[] = [
  { begins: [0x50, 0x4b, 0x03, 0x04], words: 'is a zip archive, perhaps a workbook of a spreadsheet', remedy: SAVE },
  { begins: [0x50, 0x4b, 0x05, 0x06], words: 'is a zip archive without content', remedy: SAVE },
  { begins: [0xd0, 0xcf, 0x11, 0xe0], words: 'is a workbook of a spreadsheet', remedy: SAVE },
  { begins: [0x1f, 0x8b], words: 'is compressed (gzip)', remedy: 'Send it uncompressed.' },
  { begins: [0xff, 0xfe], words: 'is in UTF-16', remedy: SAVE },
  { begins: [0xfe, 0xff], words: 'is in UTF-16', remedy: SAVE },
  { begins: [0x25, 0x50, 0x44, 0x46], words: 'is a PDF', remedy: SAVE },
];
const NUL = 0;

/** Passes a file's bytes on as long as they are text: UTF-8 without U+0000. Throws `malformed-file`. */
export async function* checkText(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  let cut: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    const some = cut.length === 0 ? piece : Buffer.concat([cut, piece]);
    if (size === 0) refuseLooks(some);
    const whole = some.length - unfinished(some);
    if (!isUtf8(some.subarray(0, whole))) throw notUtf8(size);
    if (some.subarray(0, whole).includes(NUL)) throw holdsNul(size + some.indexOf(NUL));
    cut = some.subarray(whole);
    size += whole;
    if (whole > 0) yield some.subarray(0, whole);
  }
  if (cut.length > 0) throw notUtf8(size);
}

function refuseLooks(bytes: Buffer): void {
  const look = LOOKS.find(({ begins }) => begins.every((byte, at) => bytes[at] === byte));
  if (look === undefined) return;
  throw malformedFile('malformed-file', {
    code: 'not-text',
    message: `the file ${look.words}`,
    remedy: look.remedy,
  });
}

/** How many bytes at the end are of a character that goes on. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < lengthOf(byte) ? back : 0;
  }
  return 0;
}

function lengthOf(first: number): number {
  if (first >= 0xf0) return 4;
  return first >= 0xe0 ? 3 : 2;
}

function notUtf8(from: number) {
  return malformedFile('malformed-file', {
    code: 'not-utf-8',
    message: `the file is not UTF-8: behind byte ${from} stands what is none`,
    remedy: 'Save it in UTF-8 and send that.',
  });
}

function holdsNul(at: number) {
  return malformedFile('malformed-file', {
    code: 'nul-character',
    message: `the file must not hold the character U+0000: byte ${at} is one`,
    remedy: 'Remove it, or save the file as CSV in UTF-8.',
  });
}

/** The beginning of a file, at least so many bytes of it if it has them, and all of it from there on. */
export async function readAhead(
  bytes: AsyncGenerator<Buffer>,
  count: number,
): Promise<{ readonly head: Buffer; readonly all: AsyncGenerator<Buffer> }> {
  const pieces: Buffer[] = [];
  let size = 0;
  while (size < count) {
    const piece = await bytes.next();
    if (piece.done === true) break;
    pieces.push(piece.value);
    size += piece.value.length;
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield* pieces.splice(0);
    yield* bytes;
  }
  return { head: Buffer.concat(pieces), all: all() };
}
