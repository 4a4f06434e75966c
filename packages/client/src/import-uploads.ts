import type { ImportAnswer, ImportMode } from '@qvara/contracts/imports';
import type { JobType } from '@qvara/contracts/jobs';
import { quotedKey } from './idempotency.ts';
import { readAnswer } from './read-answer.ts';
import { pathOf } from './target.ts';
import type { CallOptions, FileBody, Transport } from './transport.ts';

export type FileFormat = 'csv' | 'ndjson';
/** A file of rows. Only one that can be read again is sent again by itself: no stream, but a function that opens one. */
export type ImportFile = { readonly body: FileBody; readonly format: FileFormat };
export type ImportWish = {
  /** What each row is. */
  readonly type: JobType;
  readonly mode?: ImportMode | undefined;
  /** Only tell what would happen; `run` starts exactly that. */
  readonly dryRun?: boolean | undefined;
  /** So many failed rows are borne: `5%`, `100`. */
  readonly errorBudget?: string | undefined;
  readonly label?: string | undefined;
  /** Which column fills a field, by field; the others are found by their names. */
  readonly map?: Readonly<Record<string, string>> | undefined;
  /** Values that every row has, by field. */
  readonly set?: Readonly<Record<string, string>> | undefined;
};
export type UploadOptions = CallOptions & {
  /** Made for each call when none is given: tries of one call are one import. */
  readonly idempotencyKey?: string | undefined;
};
export type PostedImport = {
  readonly answer: ImportAnswer;
  /** Whether an earlier request had made the import. */
  readonly replayed: boolean;
  readonly idempotencyKey: string;
};

const MEDIA_TYPES: Readonly<Record<FileFormat, string>> = { csv: 'text/csv', ndjson: 'application/x-ndjson' };

/** Files on their way to the service. */
export function importUploads(transport: Transport, newIdempotencyKey: () => string) {
  async function create(
    { body, format }: ImportFile,
    { map, set, ...wish }: ImportWish,
    { idempotencyKey = newIdempotencyKey(), signal }: UploadOptions = {},
  ): Promise<PostedImport> {
    const call = {
      method: 'POST',
      path: '/v1/imports',
      query: { ...wish, map: pairs(map), set: pairs(set) },
      headers: { 'content-type': MEDIA_TYPES[format], 'idempotency-key': quotedKey(idempotencyKey) },
      file: body,
      repeatable: !(body instanceof ReadableStream),
      signal,
    } as const;
    return await transport.ask(call, async (answer) => ({
      answer: await readAnswer<ImportAnswer>(answer, answer.url),
      replayed: answer.headers.get('idempotent-replayed') === 'true',
      idempotencyKey,
    }));
  }

  function retry(id: string, file?: ImportFile, options?: CallOptions): Promise<ImportAnswer> {
    const call = { method: 'POST', path: pathOf`/v1/imports/${id}/retry`, repeatable: false, ...options } as const;
    if (file === undefined) return transport.json(call);
    return transport.json({ ...call, headers: { 'content-type': MEDIA_TYPES[file.format] }, file: file.body });
  }

  return {
    /** Sends a file: it becomes one import, however often this has to be tried. */
    create,
    /** Runs failed rows again, as they are or as a file corrects them. */
    retry,
  };
}

function pairs(values: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(values).map(([field, value]) => `${field}:${value}`);
}
