import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Files = Record<string, string>;

const LIBRARIES = [
  'zod',
  'bullmq',
  'ioredis',
  '@mikro-orm/core',
  'express',
  '@bull-board/api',
  'pg',
  'undici',
  'vitest',
];
const MEMBERS = [
  ...['contracts', 'domain', 'runtime', 'queue', 'store', 'platform', 'outbound', 'client', 'cli'].map(
    (name) => `packages/${name}`,
  ),
  ...['intake', 'worker', 'console', 'standalone'].map((name) => `services/${name}`),
];

const importing = (...names: string[]) => [...names.map((name) => `import '${name}';`), 'export {};', ''].join('\n');
const qvara = (...names: string[]) => names.map((name) => `@qvara/${name}/word`);

/** A workspace in which everything that is allowed is done. */
export const CLEAN_TREE: Files = {
  'packages/contracts/src/word.ts': importing('zod'),
  'packages/domain/src/word.ts': importing(...qvara('contracts')),
  'packages/domain/src/word.test.ts': importing('vitest', 'node:fs', './word.ts', '../../../test/support/word.ts'),
  'packages/runtime/src/word.ts': importing(...qvara('contracts'), 'node:fs'),
  'packages/queue/src/word.ts': importing(...qvara('contracts'), 'bullmq', 'ioredis', 'pg'),
  'packages/store/src/word.ts': importing(...qvara('contracts', 'domain'), '@mikro-orm/core', 'pg'),
  'packages/platform/src/word.ts': importing(...qvara('contracts', 'domain'), 'pg'),
  'packages/outbound/src/word.ts': importing(...qvara('contracts', 'runtime'), 'undici'),
  'packages/client/src/word.ts': importing(...qvara('contracts')),
  'packages/cli/src/word.ts': importing(...qvara('client', 'contracts')),
  'services/intake/src/word.ts': importing(
    ...qvara('contracts', 'domain', 'runtime', 'queue', 'store', 'outbound'),
    'express',
  ),
  'services/console/src/word.ts': importing(
    ...qvara('contracts', 'domain', 'runtime', 'queue', 'store', 'client'),
    'express',
    '@bull-board/api',
  ),
  'services/worker/src/word.ts': importing(
    ...qvara('contracts', 'domain', 'runtime', 'queue', 'store', 'outbound', 'platform'),
  ),
  'services/standalone/src/word.ts': importing(...qvara('contracts', 'runtime', 'queue', 'store', 'platform'), 'pg'),
  'services/standalone/src/main.ts': 'export {};\n',
  'test/support/word.ts': importing('pg'),
  'test/e2e/word.test.ts': importing(...qvara('cli', 'intake', 'worker'), 'bullmq', 'express', '../support/word.ts'),
  'vitest.config.ts': importing('vitest', './test/support/word.ts'),
};

/** For every rule the files that break it, and it alone. */
export const BROKEN_BY_RULE: Record<string, Files> = {
  'contracts-imports-no-package': { 'packages/contracts/src/a.ts': importing(...qvara('domain')) },
  'domain-imports-only-its-packages': { 'packages/domain/src/a.ts': importing(...qvara('store')) },
  'runtime-imports-only-its-packages': { 'packages/runtime/src/a.ts': importing(...qvara('domain')) },
  'queue-imports-only-its-packages': { 'packages/queue/src/a.ts': importing(...qvara('runtime')) },
  'store-imports-only-its-packages': { 'packages/store/src/a.ts': importing(...qvara('queue')) },
  'platform-imports-only-its-packages': { 'packages/platform/src/a.ts': importing(...qvara('store')) },
  'outbound-imports-only-its-packages': { 'packages/outbound/src/a.ts': importing(...qvara('store')) },
  'client-imports-only-its-packages': { 'packages/client/src/a.ts': importing(...qvara('domain', 'cli')) },
  'cli-imports-only-its-packages': { 'packages/cli/src/a.ts': importing(...qvara('store')) },
  'intake-imports-only-its-packages': {
    'services/intake/src/a.ts': importing(...qvara('platform')),
    'services/intake/src/d.ts': importing(...qvara('client')),
  },
  'console-imports-only-its-packages': {
    'services/console/src/a.ts': importing(...qvara('platform')),
    'services/console/src/c.ts': importing(...qvara('cli')),
  },
  'worker-imports-only-its-packages': {
    'services/worker/src/a.ts': importing(...qvara('client')),
    'services/worker/src/h.ts': importing(...qvara('cli')),
  },
  'standalone-imports-only-its-packages': { 'services/standalone/src/a.ts': importing(...qvara('domain')) },
  'bullmq-and-ioredis-only-in-queue': {
    'services/worker/src/b.ts': importing('bullmq'),
    'services/console/src/b.ts': importing('ioredis'),
  },
  'mikro-orm-only-in-store': { 'services/worker/src/c.ts': importing('@mikro-orm/core') },
  'express-only-in-intake-and-console': { 'services/worker/src/d.ts': importing('express') },
  'bull-board-only-in-console': { 'services/intake/src/b.ts': importing('@bull-board/api') },
  'undici-only-in-outbound': { 'services/worker/src/g.ts': importing('undici') },
  'pg-only-where-sql-lives': { 'services/intake/src/c.ts': `import type { Pool } from 'pg';\nexport type P = Pool;\n` },
  'contracts-imports-zod-only': {
    'packages/contracts/src/b.ts': importing('vitest'),
    'packages/contracts/src/c.ts': importing('node:crypto'),
  },
  'domain-imports-nothing-outside': {
    'packages/domain/src/b.ts': importing('zod'),
    'packages/domain/src/c.ts': importing('node:crypto'),
    'packages/domain/src/d.ts': `export const late = () => import('fs');\n`,
  },
  'client-imports-no-node-module': { 'packages/client/src/b.ts': importing('node:fs') },
  'services-never-import-services': { 'services/worker/src/e.ts': importing(...qvara('standalone')) },
  'packages-never-import-services': { 'packages/queue/src/b.ts': importing(...qvara('standalone')) },
  'nothing-but-tests-imports-test': {
    'packages/queue/src/c.ts': importing('../../../test/support/word.ts'),
    'packages/domain/src/e.ts': importing('./word.test.ts'),
  },
  'no-relative-way-into-another-package': {
    'packages/store/src/b.ts': importing('../../contracts/src/word.ts'),
    'test/e2e/b.test.ts': importing('../../packages/store/src/word.ts'),
  },
  'no-barrels': { 'packages/store/src/c.ts': importing('./index.ts') },
  'no-cycles': { 'packages/store/src/d.ts': importing('./e.ts') },
  'no-unresolvable-imports': { 'packages/store/src/f.ts': importing('no-such-library', './no-such-file.ts') },
  'no-orphans': { 'packages/store/src/g.ts': 'export {};\n' },
};

/** What the files above need in order to be broken; nothing is reported of these themselves. */
export const ACCOMPLICES: Files = {
  'packages/store/src/index.ts': importing('pg'),
  'packages/store/src/e.ts': `import type { E } from './d.ts';\nexport type F = E;\n`,
};

/** Writes a workspace of `files` to `root`, with its members linked and its libraries installed, all empty. */
export function plantTree(root: string, files: Files): void {
  for (const library of LIBRARIES) {
    write(root, {
      [`node_modules/${library}/package.json`]: '{ "main": "main.js" }',
      [`node_modules/${library}/main.js`]: '',
    });
  }
  mkdirSync(join(root, 'node_modules/@qvara'));
  for (const member of MEMBERS) {
    write(root, { [`${member}/package.json`]: '{ "exports": { "./*": "./src/*.ts" } }' });
    symlinkSync(join(root, member), join(root, 'node_modules/@qvara', member.replace(/^.*\//, '')));
  }
  write(root, files);
}

function write(root: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}
