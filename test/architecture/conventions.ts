export interface SourceFile {
  /** Relative to the repository's root. */
  path: string;
  text: string;
}

export interface Convention {
  name: string;
  repair: string;
  /** Nothing, or what was found. */
  find: (file: SourceFile) => string | undefined;
}

const BANNED_WORDS = /^(utils?|helpers?|common|misc|managers?|base|impl|dto)$/i;
const BANNED_TYPES =
  /^ *(?:export )?(?:abstract )?(?:class|interface|type) (?:\w+(?:Service|Manager|Helper|Util|Impl|Base|DTO|Dto)|I[A-Z][a-z]\w*)(?= *[={<]| extends| implements)/m;
const ENVIRONMENT = /\bprocess\s*\.\s*env\b|\benv\b[^;{}]*\}\s*(=\s*process\b|from\s*'(node:)?process')/;
const SWITCHED_OFF = /\b(describe|it|suite|test)(\.\w+)*\.(only|skip|todo)\b/;
const IMPURE =
  /\b(async|await|Promise|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|process|crypto|performance|console)\b(?!['":])|\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|\bTemporal\.Now\b|\bMath\.random\b/;

const isTest = (path: string) => path.startsWith('test/') || path.endsWith('.test.ts');

/** What no import rule can see. */
export const CONVENTIONS: Convention[] = [
  {
    name: 'no file over 300 lines',
    repair: 'Find the second subject in the file and give it a file of its own.',
    find: ({ path, text }) => {
      const lines = text.split('\n').length - 1;
      return lines > 300 && !path.includes('/migrations/') ? `${lines} lines` : undefined;
    },
  },
  {
    name: 'no names that say nothing',
    repair:
      'Name the file or type after its subject: util, helper, common, misc, manager, base, impl and DTO are nobody.',
    find: ({ path, text }) =>
      path.split(/[/.-]/).find((word) => BANNED_WORDS.test(word)) ?? BANNED_TYPES.exec(withoutComments(text))?.[0],
  },
  {
    name: 'no index files',
    repair: 'Export the subpath by name in package.json and import that.',
    find: ({ path }) => /(^|\/)index\.[cm]?[jt]sx?$/.exec(path)?.[0],
  },
  {
    name: 'only main.ts and config.ts see the environment',
    repair: 'Take the value as an argument from the config that main.ts has read.',
    find: ({ path, text }) =>
      isTest(path) || /(^|\/)(main|config|[^/]+\.config)\.ts$/.test(path) ? undefined : ENVIRONMENT.exec(text)?.[0],
  },
  {
    name: 'no test is singled out or switched off',
    repair: 'Repair the test or delete it; what a machine lacks is asked for with skipIf.',
    find: ({ path, text }) => (isTest(path) ? SWITCHED_OFF.exec(text)?.[0] : undefined),
  },
  {
    name: 'the domain knows no clock, no chance and no promise',
    repair: 'Take time and ids as arguments; leave waiting to the caller.',
    find: ({ path, text }) =>
      path.startsWith('packages/domain/src/') && !isTest(path) ? IMPURE.exec(withoutComments(text))?.[0] : undefined,
  },
  {
    name: 'versions stand in the catalog',
    repair: 'Write "catalog:" or "workspace:*", and the version once, in pnpm-workspace.yaml.',
    find: ({ path, text }) => (path.endsWith('package.json') ? strayVersion(JSON.parse(text)) : undefined),
  },
];

// The pinned runtime: platform packages that the root alone asks for.
const RUNTIME = /^node-(bin-)?(linux|darwin)-(x64|arm64)$/;

function strayVersion(manifest: Record<string, Record<string, string> | undefined>): string | undefined {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  const asked = kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}));
  const stray = asked.find(([name, version]) => !/^(catalog:|workspace:\*)$/.test(version) && !RUNTIME.test(name));
  return stray?.join(' ');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
