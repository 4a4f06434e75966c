import { readFileSync } from 'node:fs';
import { ANSWER_MS, DISABLED_AFTER_MS, RETRY_SCHEDULE_MS, SECRETS_OVERLAP_MS } from '@qvara/contracts/webhooks';
import { expect, test } from 'vitest';
import { inWords } from './durations.ts';

test('a time is told in the greatest unit that it is a whole number of', () => {
  expect([5_000, 90_000, 30 * 60_000, 36 * 3_600_000, 86_400_000, 5 * 86_400_000].map(inWords)).toEqual([
    '5 s',
    '90 s',
    '30 min',
    '36 h',
    '1 day',
    '5 days',
  ]);
});

test('docs/events.md tells the times of webhooks as they are', () => {
  const page = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
  for (const words of [
    `2xx within ${inWords(ANSWER_MS)}`,
    `tried again ${RETRY_SCHEDULE_MS.map(inWords).join(', ')} after the try before it`,
    `After ${inWords(DISABLED_AFTER_MS)} of nothing but failures`,
    `For ${inWords(SECRETS_OVERLAP_MS)} both sign`,
  ])
    expect(page).toContain(words);
});
