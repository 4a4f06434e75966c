import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../program.ts';
import { SHELLS } from './shells.ts';
import { describeCommands } from './words.ts';

const stream = process.stdout;
const program = createProgram(() => Promise.reject(new Error('not opened')), { stdout: stream, stderr: stream });
const words = describeCommands(program as CommandUnknownOpts);

it('what may follow is taken from the program: commands, options with their values, arguments', () => {
  const at = (path: string) => words.find((one) => one.path === path);
  expect(at('')?.commands.map(({ name }) => name)).toEqual(expect.arrayContaining(['provision', 'jobs', 'imports']));
  const state = at('jobs list')?.options.find(({ name }) => name === '--state');
  expect(state).toMatchObject({ takesValue: true, values: expect.arrayContaining(['held']) });
  expect(at('queues pause')?.values).toEqual(['provisioning', 'settings']);
  for (const { path, options } of words)
    expect(
      options.map(({ name }) => name),
      path,
    ).toEqual(expect.arrayContaining(['--json', '--url', '--help']));
});

describe.each(Object.entries(SHELLS))('the script for %s', (_, script) => {
  it('knows every command, every option and every value', () => {
    const text = script(words);
    for (const { path, commands, options, values } of words) {
      const names = [...commands, ...options].map(({ name }) => name.replace(/^--/, ''));
      for (const name of [path, ...names, ...values, ...options.flatMap((option) => option.values)])
        expect(text).toContain(name);
    }
  });

  it('quotes what is said about a command', () => {
    const about = `it's "so" $(rm)`;
    const text = script([{ path: '', commands: [{ name: 'x', about }], options: [], values: [] }]);
    if (text.includes('rm')) expect(text).toMatch(/'[^']*it(\\'|'\\'')s "so" \$\(rm\)'/);
  });
});
