import type { Page } from '@qvara/contracts/api';
import { z } from 'zod';
import { wholeNumber } from './query-fields.ts';

const STALE = 'must be the "next" of a page of this list';

export const limit = wholeNumber(1, 200)
  .default(50)
  .meta({ description: 'How many at most', example: 50, override: { default: 50 } });

/** The parameters of a list whose rows are named by such ids. */
export function pageFields(id: z.ZodType<string>) {
  const cursor = z
    .string()
    .max(200, STALE)
    .transform((text, context) => {
      const name = Buffer.from(text, 'base64url').toString('utf8');
      if (Buffer.from(name).toString('base64url') === text && id.safeParse(name).success) return name;
      context.addIssue({ code: 'custom', message: STALE });
      return z.NEVER;
    });
  return { limit, cursor: cursor.optional().meta({ description: 'The `next` of the page before' }) };
}

/** A page of the ledger as it is answered: its cursor is opaque. */
export function answerPage<Row, Item>(page: Page<Row>, answer: (row: Row) => Item): Page<Item> {
  return { items: page.items.map(answer), next: page.next === null ? null : encode(page.next) };
}

type Slice<Row> = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly nameOf: (row: Row) => string;
};

/** A page of rows that are all at hand, in the order of their names. */
export function slicePage<Row>(rows: readonly Row[], { limit, cursor, nameOf }: Slice<Row>): Page<Row> {
  const names = rows.map(nameOf);
  const descending = (names[0] ?? '') > (names.at(-1) ?? '');
  // The row that the cursor names may be gone: what lies behind it in the list's direction comes next.
  const rest = rows.filter(
    (_, at) => cursor === undefined || (names[at] !== cursor && String(names[at]) < cursor === descending),
  );
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && rest.length > limit ? encode(nameOf(last)) : null };
}

function encode(name: string): string {
  return Buffer.from(name).toString('base64url');
}
