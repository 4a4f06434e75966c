import { type CommandUnknownOpts, createArgument, Option } from '@commander-js/extra-typings';
import type { NewReferenceEntry } from '@qvara/client/operation';
import { REFERENCE_LISTS, type Reference, type ReferenceList } from '@qvara/contracts/reference';
import type { Column } from '../output.ts';
import type { Open } from '../session.ts';
import { money } from '../text.ts';
import { examples } from './examples.ts';
import { wholeNumber } from './listing.ts';

type Entry = { readonly list: ReferenceList } & Reference[ReferenceList][number];

const ENTRIES: readonly Column<Entry>[] = [
  ['list', ({ list }) => list],
  ['code', ({ code }) => code],
  ['label', ({ label }) => label],
  ['active', ({ active }) => active],
  ['included', (entry) => ('included' in entry ? entry.included : null)],
  ['amount', (entry) => ('amountMinor' in entry ? money({ ...entry, setting: '', per: 'month' }) : null)],
];

/** `qvara reference`: the codes that requests may name. */
export function addReference(program: CommandUnknownOpts, open: Open): void {
  const reference = program.command('reference').description('Service types, industries, engines, choices and fees');

  reference
    .command('list')
    .description('List the codes that requests may name')
    .addArgument(createArgument('[list]', 'only this one').choices(REFERENCE_LISTS))
    .addHelpText('after', examples(['reference list industries', 'the codes of one list']))
    .action(async (only, _, self) => {
      const { client, out, signal } = await open(self);
      const answer = await client.reference.read({ signal });
      const lists = REFERENCE_LISTS.filter((list) => only === undefined || list === only);
      await out.rows(entriesOf(answer, lists), ENTRIES);
    });

  reference
    .command('put')
    .description('Add or replace an entry')
    .addArgument(createArgument('<list>', 'the list').choices(REFERENCE_LISTS))
    .argument('<code>', 'its code in kebab-case; of a retention choice its days')
    .requiredOption('--label <text>', 'what people call it')
    .option('--inactive', 'keep it for what uses it, refuse it for new use')
    .option('--included', 'of a retention choice: it costs nothing extra')
    .addOption(new Option('--amount-minor <amount>', "of a fee: in the currency's minor unit").argParser(wholeNumber))
    .option('--currency <code>', 'of a fee: ISO 4217, such as USD')
    .addHelpText(
      'after',
      examples(
        ['reference put industries real-estate --label "Real estate"', 'a new industry'],
        [
          'reference put fees sentiment-analysis --label "Sentiment analysis" --amount-minor 1500 --currency USD',
          'a price',
        ],
      ),
    )
    .action(async (...[list, code, options, self]) => {
      const { client, out, signal } = await open(self);
      const { label, inactive, included, amountMinor, currency } = options;
      const entry = { label, ...(inactive && { active: false }), ...(included && { included }), amountMinor, currency };
      const put = await client.reference.put({ list, code }, entry as NewReferenceEntry<ReferenceList>, { signal });
      await out.rows(entriesOf({ [list]: [put] }, [list]), ENTRIES);
    });
}

async function* entriesOf(reference: Partial<Reference>, lists: readonly ReferenceList[]): AsyncGenerator<Entry> {
  for (const list of lists) for (const entry of reference[list] ?? []) yield { list, ...entry };
}
