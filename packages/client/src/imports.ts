import type {
  ImportAnswer,
  ImportMode,
  ImportRowAnswer,
  ImportState,
  RowState,
  RowVerdict,
} from '@qvara/contracts/imports';
import type { JobType } from '@qvara/contracts/jobs';
import { listAt } from './pages.ts';
import { pathOf } from './target.ts';
import { pause } from './time-limit.ts';
import type { Call, CallOptions, FileBody, Transport } from './transport.ts';

export type FileFormat = 'csv' | 'ndjson';
/** A file of rows. */
export type ImportFile = { readonly body: FileBody; readonly format: FileFormat };
export type ImportWish = {
  /** `customer.provision` by default. */
  readonly type?: JobType | undefined;
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
export type ImportFilter = { readonly state?: ImportState | undefined; readonly type?: JobType | undefined };
export type RowFilter = { readonly state?: RowState | undefined; readonly verdict?: RowVerdict | undefined };
export type WatchOptions = CallOptions & {
  /** How often it is looked at; once a second by default. */
  readonly everyMs?: number | undefined;
};

const MEDIA_TYPES: Readonly<Record<FileFormat, string>> = { csv: 'text/csv', ndjson: 'application/x-ndjson' };
const EVERY_MS = 1_000;
/** States in which an import does not go on by itself. */
const AT_REST: ReadonlySet<ImportState> = new Set([
  'ready',
  'paused',
  'completed',
  'completed-with-failures',
  'cancelled',
]);

/** Whether an import does not go on by itself. */
export function isAtRest({ state, paused }: Pick<ImportAnswer, 'state' | 'paused'>): boolean {
  return AT_REST.has(state) && paused?.reason !== 'no-capacity';
}

/** Imports: files of rows, each row a job. */
export function importCalls(transport: Transport) {
  const get = (id: string, options?: CallOptions) =>
    transport.json<ImportAnswer>({ method: 'GET', path: pathOf`/v1/imports/${id}`, repeatable: true, ...options });
  const act = (id: string, verb: string, options?: CallOptions) =>
    transport.json<ImportAnswer>({
      method: 'POST',
      path: pathOf`/v1/imports/${id}/${verb}`,
      repeatable: false,
      ...options,
    });
  const send = (path: string, { body, format }: ImportFile, options: CallOptions & Pick<Call, 'query'> = {}) =>
    transport.json<ImportAnswer>({
      method: 'POST',
      path,
      headers: { 'content-type': MEDIA_TYPES[format] },
      file: body,
      repeatable: false,
      ...options,
    });
  const download = (path: string, options?: CallOptions & Pick<Call, 'query'>) =>
    transport.ask({ method: 'GET', path, headers: { accept: 'text/csv' }, repeatable: true, ...options }, bytesOf);

  return {
    ...listAt<ImportAnswer, ImportFilter>(transport, '/v1/imports'),
    /** Sends a file. It is not sent again by itself: a stream can be read once. */
    create: (file: ImportFile, wish: ImportWish = {}, options?: CallOptions) =>
      send('/v1/imports', file, { query: { ...wish, map: pairs(wish.map), set: pairs(wish.set) }, ...options }),
    get,
    rows: (id: string) => listAt<ImportRowAnswer, RowFilter>(transport, pathOf`/v1/imports/${id}/rows`),
    /** Starts what a dry run has shown. */
    run: (id: string, options?: CallOptions) => act(id, 'run', options),
    /** Runs failed rows again, as they are or as a file corrects them. */
    retry: (id: string, file?: ImportFile, options?: CallOptions) =>
      file === undefined ? act(id, 'retry', options) : send(pathOf`/v1/imports/${id}/retry`, file, options),
    pause: (id: string, options?: CallOptions) => act(id, 'pause', options),
    resume: (id: string, options?: CallOptions) => act(id, 'resume', options),
    cancel: (id: string, options?: CallOptions) => act(id, 'cancel', options),
    /** The failed rows as they were sent, with what is wrong with them: itself a file to import. */
    failed: (id: string, options?: CallOptions) => download(pathOf`/v1/imports/${id}/failed.csv`, options),
    results: (id: string, options?: CallOptions) => download(pathOf`/v1/imports/${id}/results.csv`, options),
    /** A file with a header and nothing else. */
    template: (type: JobType, options?: CallOptions) =>
      download('/v1/imports/template.csv', { query: { type }, ...options }),
    /** The import as it is now, then whenever it has changed, until it does not go on by itself. */
    async *watch(
      id: string,
      { everyMs = EVERY_MS, ...options }: WatchOptions = {},
    ): AsyncGenerator<ImportAnswer, void, undefined> {
      for (let shown = ''; ; await pause(everyMs, options.signal)) {
        const answer = await get(id, options);
        const text = JSON.stringify(answer);
        if (text !== shown) yield answer;
        if (isAtRest(answer)) return;
        shown = text;
      }
    },
  };
}

function pairs(values: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(values).map(([field, value]) => `${field}:${value}`);
}

async function bytesOf({ body }: Response): Promise<ReadableStream<Uint8Array>> {
  return body ?? new ReadableStream({ start: (controller) => controller.close() });
}
