import type { ImportAnswer, ImportRowAnswer } from '@qvara/contracts/imports';
import type { Key, RunningIntake } from './running-intake.ts';
import { send } from './running-intake.ts';

export const HEADER = 'name,serviceType,industry,externalRef';

/** So many rows that nothing is wrong with. */
export function goodRows(count: number, prefix = 'crm'): string[] {
  return Array.from({ length: count }, (_, n) => `Company ${n + 1},hosted-pbx,dental,${prefix}-${n + 1}`);
}

/** A file of these lines. */
export function csvOf(lines: readonly string[], header = HEADER, end = '\r\n'): string {
  return [header, ...lines, ''].join(end);
}

export type Uploaded = {
  readonly query?: string;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly path?: string;
};

/** One client's way to send files to an intake. */
export function uploader(intake: RunningIntake, key: Key) {
  const at = (path: string) => `${intake.url}${path}`;

  /** Sends a file as it is. */
  async function upload(file: string | Uint8Array<ArrayBuffer>, options: Uploaded = {}) {
    const { query = 'type=customer.provision', type = 'text/csv', headers = {}, path = '/v1/imports' } = options;
    const url = at(`${path}${query === '' ? '' : `?${query}`}`);
    return await send(url, { method: 'POST', key, raw: file, headers: { 'Content-Type': type, ...headers } });
  }

  return {
    key,
    upload,
    /** Sends a file that must be taken. */
    async taken(file: string, options: Uploaded = {}): Promise<ImportAnswer> {
      const { status, body, text } = await upload(file, options);
      if (status !== 202) throw new Error(`not taken: ${status} ${text}`);
      return body as ImportAnswer;
    },
    get: async (path: string) => await send(at(path), { key }),
    post: async (path: string) => await send(at(path), { method: 'POST', key }),
    async rows(id: string, query = ''): Promise<ImportRowAnswer[]> {
      return (await send(at(`/v1/imports/${id}/rows?limit=200${query}`), { key })).body.items;
    },
    async csv(id: string, name: 'failed' | 'results'): Promise<string[]> {
      const { text } = await send(at(`/v1/imports/${id}/${name}.csv`), { key });
      return text.split('\r\n').slice(0, -1);
    },
  };
}
export type Uploader = ReturnType<typeof uploader>;
