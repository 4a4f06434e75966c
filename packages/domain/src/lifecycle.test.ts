import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { JOB_STATES } from '@qvara/contracts/job-answer';
import { expect, test } from 'vitest';
import { LAWFUL } from './job.ts';
import { everythingThatHappens, lifecycleParts } from './lifecycle.ts';

const FILE = fileURLToPath(new URL('../../../docs/lifecycle.md', import.meta.url));
const REMEDY =
  'docs/lifecycle.md does not show what the code does. Look whether the change is meant; then run ' +
  '"npx pnpm@12 exec vitest run --project pure packages/domain/src/lifecycle.test.ts -u" and commit the file.';

function redrawn(text: string): string {
  return Object.entries(lifecycleParts()).reduce((drawn, [name, part]) => {
    const place = new RegExp(`(<!-- drawn from the code: ${name} -->\n)[^]*?(<!-- end of ${name} -->)`);
    expect(drawn, `docs/lifecycle.md has lost the place for "${name}"`).toMatch(place);
    return drawn.replace(place, (_, before: string, after: string) => `${before}\n${part}\n\n${after}`);
  }, text);
}

test('docs/lifecycle.md shows what the code does', async () => {
  await expect(redrawn(readFileSync(FILE, 'utf8')), REMEDY).toMatchFileSnapshot(FILE);
});

test('the picture has every state, and every event in every state it is lawful in', () => {
  const arrows = everythingThatHappens('customer.provision');
  expect(new Set(arrows.flatMap(({ before, after }) => [before.state, after.state]))).toEqual(new Set(JOB_STATES));
  for (const [event, states] of Object.entries(LAWFUL)) {
    const seen = arrows.filter((arrow) => arrow.event.type === event).map(({ before }) => before.state);
    expect(new Set(seen), event).toEqual(new Set(states));
  }
});
