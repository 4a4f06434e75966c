import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult, type IViolation } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

const RULES = fileURLToPath(new URL('dependency-rules.cjs', import.meta.url));
const FOLDERS = ['packages', 'services', 'test'];

/** What dependency-cruiser found below `root`, and the source files it should have read but did not. */
export async function cruiseTree(root: string): Promise<{ violations: IViolation[]; seen: number; missed: string[] }> {
  const options = await extractOptions(RULES);
  const { output } = await cruise([...FOLDERS, ...globSync('*.ts', { cwd: root })], {
    ...options,
    baseDir: root,
    outputType: 'json',
  });
  const result: ICruiseResult = typeof output === 'string' ? JSON.parse(output) : output;
  const read = new Set(result.modules.map((module) => module.source));
  const files = sourceFiles(root);
  const missed = files.filter((file) => !read.has(file));
  return { violations: result.summary.violations, seen: files.length - missed.length, missed };
}

/** The rules of `dependency-rules.cjs`. */
export async function loadRules() {
  const { forbidden = [] } = await extractConfig(RULES);
  return forbidden;
}

/** Every TypeScript file of the workspace, relative to `root`, installed packages aside. */
function sourceFiles(root: string): string[] {
  const folders = `{${FOLDERS.join(',')}}/**/*.ts`;
  return globSync([folders, '*.ts'], { cwd: root, exclude: ['**/node_modules'] });
}
