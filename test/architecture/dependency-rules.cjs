// "Who may import whom", as rules. Each one is seen to fail in import-rules.test.ts.

const TEST_FILES = ['^test/', '\\.test\\.ts$', '^vitest\\.config\\.ts$'];

const SERVER_PACKAGES = ['contracts', 'domain', 'runtime', 'queue', 'store'];

const WORKSPACE_ROWS = [
  { from: 'packages/contracts', allowed: [], because: 'The vocabulary depends on nothing.' },
  { from: 'packages/domain', allowed: ['contracts'], because: 'The rules speak the vocabulary.' },
  { from: 'packages/runtime', allowed: ['contracts'], because: 'It serves every process and knows none.' },
  { from: 'packages/queue', allowed: ['contracts'], because: 'A bell carries ids: no rules, no ledger.' },
  {
    from: 'packages/store',
    allowed: ['contracts', 'domain', 'runtime'],
    because: 'The ledger applies the rules, and reaches no further.',
  },
  {
    from: 'packages/platform',
    allowed: ['contracts', 'domain', 'runtime'],
    because: 'A driver speaks to a platform, not to the ledger.',
  },
  {
    from: 'packages/outbound',
    allowed: ['contracts', 'runtime'],
    because: 'It posts where strangers say: it judges addresses, and knows no jobs.',
  },
  { from: 'packages/client', allowed: ['contracts'], because: 'Other systems install it: it brings little.' },
  { from: 'packages/cli', allowed: ['client', 'contracts'], because: 'It can do what any client can, no more.' },
  {
    from: 'services/intake',
    allowed: [...SERVER_PACKAGES, 'outbound'],
    because: 'Intake accepts and answers; it touches no platform.',
  },
  {
    from: 'services/console',
    allowed: [...SERVER_PACKAGES, 'client'],
    because: 'The console shows; it touches no platform.',
  },
  {
    from: 'services/worker',
    allowed: [...SERVER_PACKAGES, 'outbound', 'platform'],
    because: 'The worker is nobody’s client.',
  },
  {
    from: 'services/standalone',
    allowed: ['contracts', 'runtime', 'queue', 'store', 'platform'],
    because: 'It migrates and starts; it decides nothing.',
  },
];

const LIBRARY_ROWS = [
  {
    name: 'bullmq-and-ioredis-only-in-queue',
    libraries: 'bullmq|ioredis',
    homes: ['packages/queue'],
    because: 'Only the queue knows that Redis and BullMQ exist.',
  },
  {
    name: 'mikro-orm-only-in-store',
    libraries: '@mikro-orm/[^/]+',
    homes: ['packages/store'],
    because: 'ORM types do not leave the store.',
  },
  {
    name: 'express-only-in-intake-and-console',
    libraries: '(@types/)?express',
    homes: ['services/intake', 'services/console'],
    because: 'HTTP is an edge: only the two services that answer it know how.',
  },
  {
    name: 'bull-board-only-in-console',
    libraries: '@bull-board/[^/]+',
    homes: ['services/console'],
    because: 'The board is one page of the console.',
  },
  {
    name: 'undici-only-in-outbound',
    libraries: 'undici',
    homes: ['packages/outbound'],
    because: 'What dials where strangers say judges the address: it does so in one place.',
  },
  {
    name: 'pg-only-where-sql-lives',
    libraries: '(@types/)?pg',
    homes: ['packages/store', 'packages/queue', 'packages/platform', 'services/standalone'],
    because: 'SQL lives in the ledger, the queue, the sandbox and the embedded server.',
  },
];

function workspaceRule({ from, allowed, because }) {
  const itself = `^${from}/`;
  const others = allowed.length === 0 ? [] : [`^packages/(${allowed.join('|')})/`];
  return {
    name: `${from.split('/')[1]}-imports-${allowed.length === 0 ? 'no-package' : 'only-its-packages'}`,
    comment: `${because} Of the packages it imports ${allowed.join(', ') || 'none'}.`,
    severity: 'error',
    from: { path: itself },
    to: { path: '^packages/', pathNot: [itself, ...others] },
  };
}

function libraryRule({ name, libraries, homes, because }) {
  return {
    name,
    comment: because,
    severity: 'error',
    from: { pathNot: [...TEST_FILES, `^(${homes.join('|')})/`] },
    to: { path: `(^|/)node_modules/(${libraries})/` },
  };
}

const PURITY_RULES = [
  {
    name: 'contracts-imports-zod-only',
    comment: 'The vocabulary is schemas: zod, and no other library or Node module.',
    severity: 'error',
    from: { path: '^packages/contracts/', pathNot: TEST_FILES },
    to: { path: '.', pathNot: ['^(packages|services|test)/', '(^|/)node_modules/zod/'], couldNotResolve: false },
  },
  {
    name: 'domain-imports-nothing-outside',
    comment:
      'The rules are plain functions over plain data: no library, no Node module, so no I/O, clock or randomness.',
    severity: 'error',
    from: { path: '^packages/domain/', pathNot: TEST_FILES },
    to: { path: '.', pathNot: '^(packages|services|test)/', couldNotResolve: false },
  },
  {
    name: 'client-imports-no-node-module',
    comment: 'The client is fetch and streams: it runs wherever those are, also in a browser.',
    severity: 'error',
    from: { path: '^packages/client/', pathNot: TEST_FILES },
    to: { dependencyTypes: ['core'] },
  },
];

const BORDER_RULES = [
  {
    name: 'services-never-import-services',
    comment: 'Services are processes: they meet in the ledger, not in memory.',
    severity: 'error',
    from: { path: '^services/([^/]+)/' },
    to: { path: '^services/', pathNot: '^services/$1/' },
  },
  {
    name: 'packages-never-import-services',
    comment: 'A package serves every service: it cannot depend on one.',
    severity: 'error',
    from: { path: '^packages/' },
    to: { path: '^services/' },
  },
  {
    name: 'nothing-but-tests-imports-test',
    comment: 'What runs for customers must not contain what was written for tests.',
    severity: 'error',
    from: { pathNot: TEST_FILES },
    to: { path: ['^test/', '^(packages|services)/.+\\.test\\.ts$'] },
  },
  {
    name: 'no-relative-way-into-another-package',
    comment: 'Another package is entered by a subpath it exports, never by a path into its inside.',
    severity: 'error',
    from: { path: '^((?:packages|services)/[^/]+|test|[^/]+\\.ts$)' },
    to: { path: '^(packages|services)/', pathNot: '^$1/', dependencyTypes: ['local'] },
  },
  {
    name: 'no-barrels',
    comment: 'A package exports named subpaths, one by one; an index file hides what is used.',
    severity: 'error',
    from: {},
    to: { path: '(^|/)index\\.[cm]?[jt]sx?$', pathNot: '(^|/)node_modules/' },
  },
];

const SHAPE_RULES = [
  {
    name: 'no-cycles',
    comment: 'Two files that need each other are one file, or lack a third.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-unresolvable-imports',
    comment: 'An import that leads nowhere is a mistake, or a dependency its package.json does not declare.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-orphans',
    comment: 'A file that imports nothing and is imported by nothing does nothing.',
    severity: 'error',
    from: { orphan: true, pathNot: [...TEST_FILES, '/main\\.ts$', '\\.d\\.ts$', '^services/console/web/'] },
    to: {},
  },
];

module.exports = {
  forbidden: [
    ...WORKSPACE_ROWS.map(workspaceRule),
    ...LIBRARY_ROWS.map(libraryRule),
    ...PURITY_RULES,
    ...BORDER_RULES,
    ...SHAPE_RULES,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json', '.d.ts'],
    },
  },
};
