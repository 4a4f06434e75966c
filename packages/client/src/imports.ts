import type { ImportColumn } from '@qvara/contracts/import-columns';
import type { ImportAnswer, ImportRowAnswer, ImportState, RowState, RowVerdict } from '@qvara/contracts/imports';
import type { JobType } from '@qvara/contracts/jobs';
import { importUploads } from './import-uploads.ts';
import { listAt } from './pages.ts';
import { pathOf } from './target.ts';
import { pause } from './time-limit.ts';
import type { Call, CallOptions, Transport } from './transport.ts';

export type ImportFilter = { readonly state?: ImportState | undefined; readonly type?: JobType | undefined };
export type RowFilter = { readonly state?: RowState | undefined; readonly verdict?: RowVerdict | undefined };
/** What may be a column of a file, and how its cells are read. */
export type FileColumns = { readonly type: JobType; readonly columns: readonly Omit<ImportColumn, 'path'>[] };
export type WatchOptions = CallOptions & {
  /** How often it is looked at; once a second by default. */
  readonly everyMs?: number | undefined;
};

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
export function importCalls(transport: Transport, newIdempotencyKey: () => string) {
  const get = (id: string, options?: CallOptions) =>
    transport.json<ImportAnswer>({ method: 'GET', path: pathOf`/v1/imports/${id}`, repeatable: true, ...options });
  const act = (id: string, verb: 'run' | 'pause' | 'resume' | 'cancel', options?: CallOptions) =>
    transport.json<ImportAnswer>({
      method: 'POST',
      path: pathOf`/v1/imports/${id}/${verb}`,
      repeatable: false,
      ...options,
    });
  const download = (path: string, options?: CallOptions & Pick<Call, 'query'>) =>
    transport.ask({ method: 'GET', path, headers: { accept: 'text/csv' }, repeatable: true, ...options }, bytesOf);

  return {
    ...listAt<ImportAnswer, ImportFilter>(transport, '/v1/imports'),
    ...importUploads(transport, newIdempotencyKey),
    /** Which columns a file may have. */
    columns: (type: JobType, options?: CallOptions) =>
      transport.json<FileColumns>({
        method: 'GET',
        path: '/v1/imports/columns',
        query: { type },
        repeatable: true,
        ...options,
      }),
    get,
    rows: (id: string) => listAt<ImportRowAnswer, RowFilter>(transport, pathOf`/v1/imports/${id}/rows`),
    /** Starts what a dry run has shown. */
    run: (id: string, options?: CallOptions) => act(id, 'run', options),
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

async function bytesOf({ body }: Response): Promise<ReadableStream<Uint8Array>> {
  return body ?? new ReadableStream({ start: (controller) => controller.close() });
}
