import { join } from 'node:path';
import { cruiseTree, loadRules } from './cruise.ts';

// dependency-cruiser is silent about what it cannot read: fewer files than this means that it read too little.
const FEWEST_FILES = 30;

const { violations, seen, missed } = await cruiseTree(join(import.meta.dirname, '../..'));
const reasons = new Map((await loadRules()).map((rule) => [rule.name, rule.comment]));

for (const { rule, from, to } of violations) console.log(`${rule.name}: ${from} -> ${to}\n  ${reasons.get(rule.name)}`);
for (const file of missed) console.log(`not read: ${file}`);
if (seen < FEWEST_FILES) console.log(`only ${seen} files were read, fewer than ${FEWEST_FILES}`);
process.exitCode = violations.length + missed.length > 0 || seen < FEWEST_FILES ? 1 : 0;
