import { errorBudget, IMPORT_MODES, importLabel } from '@qvara/contracts/imports';
import { JOB_TYPES } from '@qvara/contracts/jobs';
import { z } from 'zod';
import { flag } from './query-fields.ts';

const MOST_PAIRS = 200;

/** Pairs of a field and something, with a colon between; the field is what stands before the first. */
function pairs(rule: string, description: string) {
  const pair = z
    .string()
    .max(1_000)
    .transform((text, context): [string, string] => {
      const colon = text.indexOf(':');
      if (colon > 0 && colon < text.length - 1) return [text.slice(0, colon), text.slice(colon + 1)];
      context.addIssue({ code: 'custom', message: rule });
      return z.NEVER;
    });
  return z
    .array(pair)
    .max(MOST_PAIRS)
    .default([])
    .meta({ description, override: { default: [] } });
}

export const importType = z
  .enum(JOB_TYPES)
  .meta({ description: 'What each row is: the type of the job that it becomes' });

/** How a file is to be imported. */
export const importWish = z.strictObject({
  type: importType,
  mode: z
    .enum(IMPORT_MODES)
    .default('create')
    .meta({
      description: '`upsert`: a row whose `externalRef` belongs to a living customer changes that customer',
      override: { default: 'create' },
    }),
  dryRun: flag
    .default(false)
    .meta({ description: 'Check the rows and stop: `run` then does what was shown', override: { default: false } }),
  errorBudget: errorBudget.optional().meta({
    description: 'The import pauses when more rows have failed than this: a number, or a share such as `5%`',
  }),
  label: importLabel.optional(),
  map: pairs(
    'must be a field, a colon and a column, such as name:Company',
    'Which column fills a field, as `field:column`; repeatable. Columns that fit no field are then ignored',
  ),
  set: pairs(
    'must be a field, a colon and a value, such as serviceType:hosted-pbx',
    'What all rows have in a field, as `field:value`; repeatable',
  ),
});
