import type { Page } from '@qvara/contracts/api';
import type { Query } from './target.ts';
import type { CallOptions, Transport } from './transport.ts';

export type PageWish = {
  /** Of one page, 200 at most. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly cursor?: string | undefined;
};

/** A list of the interface: one page of it, or all of it, page by page as it is iterated. */
export type List<Item, Filter extends object> = {
  page(wish?: Filter & PageWish, options?: CallOptions): Promise<Page<Item>>;
  list(wish?: Filter & Pick<PageWish, 'limit'>, options?: CallOptions): AsyncGenerator<Item, void, undefined>;
};

/** The list at a path. */
export function listAt<Item, Filter extends object = object>(transport: Transport, path: string): List<Item, Filter> {
  const page: List<Item, Filter>['page'] = (wish, options) =>
    transport.json({ method: 'GET', path, query: { ...wish } as Query, repeatable: true, ...options });
  return {
    page,
    async *list(wish, options) {
      let cursor: string | undefined;
      do {
        const { items, next } = await page({ ...wish, cursor } as Filter & PageWish, options);
        yield* items;
        cursor = next ?? undefined;
      } while (cursor !== undefined);
    },
  };
}
