import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cruiseTree, loadRules } from './cruise.ts';
import { ACCOMPLICES, BROKEN_BY_RULE, CLEAN_TREE, plantTree } from './fixture-trees.ts';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'qvara-import-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the rules of who may import whom', () => {
  test('are each explained by a sentence, and each broken by a fixture', async () => {
    const rules = await loadRules();
    for (const rule of rules) {
      expect(rule.comment, rule.name).toMatch(/^[A-Z].*\.$/);
      expect(rule.severity, rule.name).toBe('error');
    }
    expect(rules.map((rule) => rule.name).sort()).toEqual(Object.keys(BROKEN_BY_RULE).sort());
  });

  test('allow everything the architecture allows', async () => {
    const root = join(folder, 'clean');
    plantTree(root, CLEAN_TREE);
    expect(await cruiseTree(root)).toMatchObject({ violations: [], missed: [] });
  });

  test('report exactly the rule that is broken, in the file that breaks it', async () => {
    const root = join(folder, 'broken');
    plantTree(root, Object.assign({}, CLEAN_TREE, ACCOMPLICES, ...Object.values(BROKEN_BY_RULE)));
    const { violations } = await cruiseTree(root);
    const found = new Set(violations.map(({ rule, from }) => `${rule.name}: ${from}`));
    const expected = Object.entries(BROKEN_BY_RULE).flatMap(([rule, files]) =>
      Object.keys(files).map((file) => `${rule}: ${file}`),
    );
    expect([...found].sort()).toEqual(expected.sort());
  });
});
