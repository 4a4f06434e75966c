import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Column } from '../output.ts';
import type { Session } from '../session.ts';

/** A whole number on a command line. */
export function wholeNumber(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

const USUAL_LIMIT = 50;
/** The longest page of the interface. */
const LONGEST_PAGE = 200;

export const limitOption = () =>
  new Option('--limit <number>', 'show so many at most').argParser(wholeNumber).default(USUAL_LIMIT);
export const allOption = () => new Option('--all', 'show all, however many there are');

export type ListWish = { readonly limit: number; readonly all?: true | undefined };

/** How long the pages of a list should be. */
export function pageLimit({ limit, all }: ListWish): number {
  return all ? LONGEST_PAGE : Math.max(1, Math.min(limit + 1, LONGEST_PAGE));
}

/** Shows what a list has, as much of it as was asked for; says when there is more. */
export async function showList<Row>(
  { out }: Pick<Session, 'out'>,
  rows: AsyncIterable<Row>,
  { shape, limit, all }: ListWish & { readonly shape: readonly Column<Row>[] },
): Promise<void> {
  const most = all ? Number.POSITIVE_INFINITY : limit;
  let more = false;
  async function* some(): AsyncGenerator<Row> {
    let taken = 0;
    for await (const row of rows) {
      more = taken >= most;
      if (more) return;
      taken += 1;
      yield row;
    }
  }
  const count = await out.rows(some(), shape);
  if (more) out.note(`There are more than these ${count}: --limit or --all shows them.`);
  else if (count === 0) out.note('There are none.');
}
