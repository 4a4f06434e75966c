import type { IncomingMessage } from 'node:http';
import type { ProblemItem } from '@qvara/contracts/api';
import { itemsOf, pointerOf } from '@qvara/contracts/problem-items';
import type { z } from 'zod';
import { characterItems } from './characters.ts';
import { inspectJson } from './json-text.ts';
import { invalid, Refusal, unsupported } from './refusal.ts';

const LARGEST = 1024 * 1024;
/** So much of a body that is too large is still taken from the line, so that its sender can read our answer. */
const DRAINED = 8 * LARGEST;
const MEDIA_TYPE = /^application\/json *(; *charset="?utf-8"? *)?$/i;

/** Reads the JSON body of a request: exactly what was sent. Undefined when there is none. Throws a problem. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!hasBody(request)) return undefined;
  checkMediaType(request);
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  const value = parse(decode(bytes));
  const items = characterItems(value);
  if (items.length > 0) throw invalid(items);
  return value;
}

/** Judges a body by its schema. Throws `invalid-request` naming each place. */
export function judgeBody<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const judged = schema.safeParse(value);
  if (judged.success) return judged.data;
  throw invalid(itemsOf(judged.error.issues, { schema, value, placeOf: (path) => ({ pointer: pointerOf(path) }) }));
}

/** Refuses a body where none is taken. */
export function refuseBody(request: IncomingMessage): void {
  if (!hasBody(request)) return;
  throw malformedBody({
    code: 'body-not-taken',
    message: 'this call takes no body',
    remedy: 'Send it without a body.',
  });
}

/** Whether anything comes behind the head of a request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function checkMediaType({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw unsupported('Content-Encoding', `must be absent, not ${encoding}`, 'Send the body as it is, uncompressed.');
  }
  if (type !== undefined && MEDIA_TYPE.test(type)) return;
  const given = type === undefined ? 'is required' : `must be application/json in UTF-8, not ${type}`;
  throw unsupported('Content-Type', given, 'Send Content-Type: application/json.');
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  const pieces: Buffer[] = [];
  let size = 0;
  if (declared > DRAINED) throw tooLarge();
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size <= LARGEST) pieces.push(piece);
    if (size > DRAINED) break;
  }
  if (size > LARGEST) throw tooLarge();
  return Buffer.concat(pieces);
}

function tooLarge(): Refusal {
  const item = {
    pointer: '',
    code: 'too-large',
    message: 'must have at most 1 MiB (1048576 bytes)',
    remedy: 'Send less at once.',
  };
  return new Refusal('body-too-large', 'The body has more than 1 MiB.', {
    errors: [item],
    headers: { Connection: 'close' },
  });
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformedBody({ code: 'not-utf-8', message: 'the body is not UTF-8', remedy: 'Send the body in UTF-8.' });
  }
}

function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformedBody({
      code: 'not-json',
      message: `the body is not JSON${whereOf(error)}`,
      remedy: 'Send one well-formed JSON object.',
    });
  }
  const found = inspectJson(text);
  if (found?.fault === 'duplicate-field') {
    const words = { message: 'stands twice in one object', remedy: 'Name each field once.' };
    throw malformedBody({ code: 'duplicate-field', ...words, pointer: found.pointer });
  }
  if (found?.fault === 'too-deep') {
    const words = {
      message: 'is nested deeper than 32 levels',
      remedy: 'Send a flatter body: no field needs this depth.',
    };
    throw invalid([{ pointer: found.pointer, code: 'too-deep', ...words }]);
  }
  return value;
}

/** The parser's own words quote the body: only the position is told back. */
function whereOf(error: unknown): string {
  const position = /at position \d+/.exec((error as Error).message)?.[0];
  return position === undefined ? ': it ends too early or is no JSON at all' : ` ${position}`;
}

function malformedBody(item: Omit<ProblemItem, 'pointer'> & { pointer?: string }): Refusal {
  const { pointer = '', ...words } = item;
  const detail =
    pointer === ''
      ? `${words.message.charAt(0).toUpperCase()}${words.message.slice(1)}.`
      : `${pointer} ${words.message}.`;
  return new Refusal('malformed-body', detail, { errors: [{ pointer, ...words }] });
}
